//! An object as the cluster holds it.

use std::fmt;

use fluxlift_core::{Evidence, json};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Kind, ObjectRef};

/// An object: its JSON, with ways to read what every object has.
///
/// `Debug` prints only which object it is: it may be a Secret.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Object(Value);

static NOTHING: Value = Value::Null;

impl Object {
    /// Takes an object's JSON.
    pub const fn new(json: Value) -> Self {
        Self(json)
    }

    /// A new object of `target`'s kind and name, to be filled.
    pub fn named(target: &ObjectRef) -> Self {
        let mut metadata = serde_json::json!({ "name": target.name });
        if let Some(namespace) = &target.namespace {
            metadata["namespace"] = Value::from(namespace.as_str());
        }
        Self(serde_json::json!({
            "apiVersion": target.kind.api_version(),
            "kind": target.kind.kind(),
            "metadata": metadata,
        }))
    }

    /// The same object with `value` as its field `field` at the top level.
    #[must_use]
    pub fn with(mut self, field: &str, value: Value) -> Self {
        self.0[field] = value;
        self
    }

    /// The same object with a label.
    #[must_use]
    pub fn with_label(mut self, key: &str, value: &str) -> Self {
        self.0["metadata"]["labels"][key] = Value::from(value);
        self
    }

    /// The same object with an annotation.
    #[must_use]
    pub fn with_annotation(mut self, key: &str, value: &str) -> Self {
        self.0["metadata"]["annotations"][key] = Value::from(value);
        self
    }

    /// The JSON.
    pub const fn json(&self) -> &Value {
        &self.0
    }

    /// The JSON, to be changed.
    pub const fn json_mut(&mut self) -> &mut Value {
        &mut self.0
    }

    /// The JSON, taken out.
    pub fn into_json(self) -> Value {
        self.0
    }

    /// What stands at a JSON pointer such as `/status/conditions`; null where there is nothing.
    pub fn at(&self, pointer: &str) -> &Value {
        json::at(&self.0, pointer).unwrap_or(&NOTHING)
    }

    /// The text at a JSON pointer.
    pub fn text(&self, pointer: &str) -> Option<&str> {
        self.at(pointer).as_str()
    }

    /// The whole number at a JSON pointer.
    pub fn number(&self, pointer: &str) -> Option<i64> {
        self.at(pointer).as_i64()
    }

    /// Whether `true` stands at a JSON pointer.
    pub fn flag(&self, pointer: &str) -> bool {
        self.at(pointer).as_bool().unwrap_or(false)
    }

    /// The list at a JSON pointer; empty where there is none.
    pub fn items(&self, pointer: &str) -> &[Value] {
        self.at(pointer).as_array().map_or(&[], Vec::as_slice)
    }

    /// `apiVersion`.
    pub fn api_version(&self) -> &str {
        self.text("/apiVersion").unwrap_or_default()
    }

    /// `kind`.
    pub fn kind(&self) -> &str {
        self.text("/kind").unwrap_or_default()
    }

    /// `metadata.name`.
    pub fn name(&self) -> &str {
        self.text("/metadata/name").unwrap_or_default()
    }

    /// `metadata.namespace`.
    pub fn namespace(&self) -> Option<&str> {
        self.text("/metadata/namespace")
    }

    /// `metadata.uid`.
    pub fn uid(&self) -> &str {
        self.text("/metadata/uid").unwrap_or_default()
    }

    /// `metadata.resourceVersion`.
    pub fn resource_version(&self) -> &str {
        self.text("/metadata/resourceVersion").unwrap_or_default()
    }

    /// `metadata.generation`; 0 where the kind has none.
    pub fn generation(&self) -> i64 {
        self.number("/metadata/generation").unwrap_or_default()
    }

    /// Whether somebody has asked for its deletion.
    pub fn is_terminating(&self) -> bool {
        !self.at("/metadata/deletionTimestamp").is_null()
    }

    /// The value of a label.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.at("/metadata/labels").get(key)?.as_str()
    }

    /// The value of an annotation.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.at("/metadata/annotations").get(key)?.as_str()
    }

    /// The names of the finalizers that hold it.
    pub fn finalizers(&self) -> impl Iterator<Item = &str> {
        self.items("/metadata/finalizers").iter().filter_map(Value::as_str)
    }

    /// The status condition of that type.
    pub fn condition(&self, name: &str) -> Option<Condition<'_>> {
        self.items("/status/conditions").iter().map(Condition).find(|c| c.name() == name)
    }

    /// Which object it is, as a reference of `kind`.
    pub fn reference(&self, kind: &Kind) -> ObjectRef {
        ObjectRef { kind: kind.clone(), namespace: self.namespace().map(str::to_owned), name: self.name().to_owned() }
    }

    /// Which object it is, for people: `helmrelease/apps/podinfo`.
    pub fn title(&self) -> String {
        let kind = self.kind().to_lowercase();
        match self.namespace() {
            Some(namespace) => format!("{kind}/{namespace}/{}", self.name()),
            None => format!("{kind}/{}", self.name()),
        }
    }

    /// Evidence that `field` was read from this object as it is now.
    pub fn evidence(&self, field: impl Into<String>) -> Evidence {
        let evidence =
            Evidence::new(self.title(), field).with_uid(self.uid()).with_resource_version(self.resource_version());
        match self.generation() {
            0 => evidence,
            generation => evidence.with_generation(generation),
        }
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} @{}", self.title(), self.resource_version())
    }
}

impl From<Value> for Object {
    fn from(json: Value) -> Self {
        Self(json)
    }
}

/// One status condition.
#[derive(Debug, Clone, Copy)]
pub struct Condition<'a>(&'a Value);

impl<'a> Condition<'a> {
    fn read(self, field: &str) -> &'a str {
        self.0.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    /// Its type, such as `Ready`.
    pub fn name(self) -> &'a str {
        self.read("type")
    }

    /// `True`, `False` or `Unknown`.
    pub fn status(self) -> &'a str {
        self.read("status")
    }

    /// Whether its status is `True`.
    pub fn is_true(self) -> bool {
        self.status() == "True"
    }

    /// Why, in one word.
    pub fn reason(self) -> &'a str {
        self.read("reason")
    }

    /// Why, for people.
    pub fn message(self) -> &'a str {
        self.read("message")
    }

    /// When its status last changed.
    pub fn since(self) -> Option<fluxlift_core::Timestamp> {
        self.read("lastTransitionTime").parse().ok()
    }

    /// The generation that it speaks of, where it says so.
    pub fn observed_generation(self) -> Option<i64> {
        self.0.get("observedGeneration").and_then(Value::as_i64)
    }
}

impl fmt::Display for Condition<'_> {
    /// `Ready=False (ArtifactFailed): artifact not found`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name(), self.status())?;
        if !self.reason().is_empty() {
            write!(f, " ({})", self.reason())?;
        }
        if !self.message().is_empty() {
            write!(f, ": {}", self.message())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn debug_output_of_a_secret_shows_no_data() {
        let secret =
            Object::new(json!({"kind": "Secret", "metadata": {"name": "sops-age", "namespace": "flux-system"},
            "stringData": {"age.agekey": "AGE-SECRET-KEY-1"}}));
        assert_eq!(format!("{secret:?}"), "secret/flux-system/sops-age @");
    }

    #[test]
    fn a_condition_reads_as_people_write_it() {
        let object = Object::new(json!({"status": {"conditions": [
            {"type": "Ready", "status": "False", "reason": "ArtifactFailed", "message": "artifact not found"}]}}));
        assert_eq!(object.condition("Ready").unwrap().to_string(), "Ready=False (ArtifactFailed): artifact not found");
        assert!(object.condition("Stalled").is_none());
    }
}
