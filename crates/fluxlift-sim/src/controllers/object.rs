//! Reading Kubernetes objects: JSON with a shape that is known only in part.

use fluxlift_core::json::at;
use serde_json::Value;

use crate::kube::{GroupResource, Key};

/// Where `object`, which is one of `gr`, is stored.
pub fn key(gr: &GroupResource, object: &Value) -> Key {
    Key::of(gr, some_text(object, "/metadata/namespace"), text(object, "/metadata/name"))
}

/// `namespace/name`, as controllers write it in their messages.
pub fn path(key: &Key) -> String {
    key.namespace.as_ref().map_or_else(|| key.name.clone(), |namespace| format!("{namespace}/{}", key.name))
}

/// The text at a JSON pointer, or nothing.
pub fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    at(object, pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The text at a JSON pointer, if there is some.
pub fn some_text<'a>(object: &'a Value, pointer: &str) -> Option<&'a str> {
    at(object, pointer).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The whole number at a JSON pointer.
pub fn number(object: &Value, pointer: &str) -> Option<i64> {
    at(object, pointer).and_then(Value::as_i64)
}

/// Whether the JSON pointer holds `true`.
pub fn flag(object: &Value, pointer: &str) -> bool {
    at(object, pointer).and_then(Value::as_bool).unwrap_or(false)
}

/// The elements of the list at a JSON pointer.
pub fn items<'a>(object: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    at(object, pointer).and_then(Value::as_array).into_iter().flatten()
}

/// The entries of the object at a JSON pointer.
pub fn entries<'a>(object: &'a Value, pointer: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    at(object, pointer).and_then(Value::as_object).into_iter().flatten()
}

/// The annotation `key` of an object.
pub fn annotation<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object.get("metadata")?.get("annotations")?.get(key)?.as_str()
}

/// The label `key` of an object.
pub fn label<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object.get("metadata")?.get("labels")?.get(key)?.as_str()
}

/// The generation of an object's spec.
pub fn generation(object: &Value) -> i64 {
    number(object, "/metadata/generation").unwrap_or(1)
}

/// Whether somebody asked for the object's deletion.
pub fn is_deleting(object: &Value) -> bool {
    some_text(object, "/metadata/deletionTimestamp").is_some()
}

/// Whether the object carries `finalizer`.
pub fn has_finalizer(object: &Value, finalizer: &str) -> bool {
    items(object, "/metadata/finalizers").any(|f| f == finalizer)
}

/// The kind and name of the controller that owns the object.
pub fn owner<'a>(object: &'a Value, kind: &str) -> Option<&'a str> {
    items(object, "/metadata/ownerReferences")
        .find(|owner| text(owner, "/kind") == kind && flag(owner, "/controller"))
        .map(|owner| text(owner, "/name"))
}

/// A reference that makes `owner` the controller of another object.
pub fn controlled_by(owner: &Value) -> Value {
    serde_json::json!([{
        "apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"], "controller": true, "blockOwnerDeletion": true,
    }])
}

/// Whether the labels of `object` satisfy a `LabelSelector`; an absent selector picks nothing.
pub fn selects(selector: &Value, object: &Value) -> bool {
    if selector.is_null() {
        return false;
    }
    entries(selector, "/matchLabels").all(|(key, value)| label(object, key) == value.as_str())
        && items(selector, "/matchExpressions").all(|e| {
            let held = label(object, text(e, "/key"));
            let listed = || items(e, "/values").any(|value| value.as_str() == held);
            match text(e, "/operator") {
                "In" => held.is_some() && listed(),
                "NotIn" => held.is_none() || !listed(),
                "Exists" => held.is_some(),
                "DoesNotExist" => held.is_none(),
                _ => false,
            }
        })
}

/// Reads a duration as Go writes it, such as `1h`, `10m0s` or `750ms`.
pub fn duration(text: &str) -> Option<jiff::SignedDuration> {
    let (mut rest, mut millis) = (text, 0.0_f64);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(digits);
        let unit = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit);
        let factor = match unit {
            "h" => 3_600_000.0,
            "m" => 60_000.0,
            "s" => 1_000.0,
            "ms" => 1.0,
            _ => return None,
        };
        millis += number.parse::<f64>().ok()? * factor;
        rest = tail;
    }
    #[expect(clippy::cast_possible_truncation, reason = "a duration in a manifest is far below the limit")]
    (!text.is_empty()).then(|| jiff::SignedDuration::from_millis(millis as i64))
}

/// Writes a duration of whole seconds as Go does, such as `1h0m0s`, `10m0s` or `30s`.
pub fn written(duration: jiff::SignedDuration) -> String {
    let seconds = duration.as_secs();
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest}s"),
        (0, _) => format!("{minutes}m{rest}s"),
        _ => format!("{hours}h{minutes}m{rest}s"),
    }
}
