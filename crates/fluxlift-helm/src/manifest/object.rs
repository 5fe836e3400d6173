//! One object of a chart.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Which object: enough to get or delete it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectId {
    /// `v1`, `apps/v1`.
    pub api_version: String,
    /// `Deployment`.
    pub kind: String,
    /// The namespace; `None` for what has none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}

impl ObjectId {
    /// The group, empty for the core one. An object keeps its identity when only the version of its API changes.
    pub fn group(&self) -> &str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }

    /// Whether both are the same object, by whatever version of the API.
    pub fn same_object(&self, other: &Self) -> bool {
        (self.group(), &self.kind, &self.namespace, &self.name)
            == (other.group(), &other.kind, &other.namespace, &other.name)
    }
}

impl fmt::Display for ObjectId {
    /// `Deployment/flux-system/flux-operator`, or `ClusterRole/flux-operator`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{}/{namespace}/{}", self.kind, self.name),
            None => write!(f, "{}/{}", self.kind, self.name),
        }
    }
}

/// An object that a chart renders.
#[derive(Clone, PartialEq)]
pub struct Object {
    /// The template that it comes from.
    pub template: String,
    /// Its text, as rendered.
    pub text: String,
    /// The object itself, as rendered: without a namespace of its own it goes to the release's.
    pub body: Value,
}

impl Object {
    /// Which object it is, with the namespace that it names itself, if any.
    pub fn id(&self) -> ObjectId {
        let text = |pointer: &str| self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        ObjectId {
            api_version: text("/apiVersion"),
            kind: text("/kind"),
            namespace: Some(text("/metadata/namespace")).filter(|n| !n.is_empty()),
            name: text("/metadata/name"),
        }
    }

    /// The kind.
    pub fn kind(&self) -> &str {
        self.body.get("kind").and_then(Value::as_str).unwrap_or_default()
    }

    /// An annotation.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.body.get("metadata")?.get("annotations")?.get(key)?.as_str()
    }

    /// Whether it stays when its release goes (`helm.sh/resource-policy: keep`).
    pub fn is_kept(&self) -> bool {
        is_kept(&self.body)
    }

    /// Whether it defines a kind.
    pub fn is_definition(&self) -> bool {
        self.kind() == "CustomResourceDefinition"
    }
}

/// Whether an object, as it is rendered or as it is there, is to stay when its release no longer has it.
pub(crate) fn is_kept(object: &Value) -> bool {
    let policy = object.pointer("/metadata/annotations/helm.sh~1resource-policy").and_then(Value::as_str);
    policy.is_some_and(|policy| policy.trim().eq_ignore_ascii_case("keep"))
}

impl fmt::Debug for Object {
    /// Without its content: it may be a Secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Object({} from {})", self.id(), self.template)
    }
}
