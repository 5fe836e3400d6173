//! Whose an object is: Helm's labels and annotations.

use serde_json::{Map, Value};

use crate::manifest::ObjectId;

const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
const RELEASE_NAME: &str = "meta.helm.sh/release-name";
const RELEASE_NAMESPACE: &str = "meta.helm.sh/release-namespace";

/// A release, as the owner of objects.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner<'a> {
    pub(super) name: &'a str,
    pub(super) namespace: &'a str,
}

impl Owner<'_> {
    /// Whether the live object is this release's.
    pub(super) fn owns(self, live: &Value) -> bool {
        let annotations = &live["metadata"]["annotations"];
        live["metadata"]["labels"][MANAGED_BY] == "Helm"
            && annotations[RELEASE_NAME] == self.name
            && annotations[RELEASE_NAMESPACE] == self.namespace
    }

    /// The object as it is applied: with its namespace, and with this release as its owner.
    pub(super) fn claim(self, body: &Value, id: &ObjectId) -> Value {
        let mut object = body.clone();
        let metadata = &mut object["metadata"];
        match (&id.namespace, metadata.as_object_mut()) {
            (Some(namespace), _) => metadata["namespace"] = Value::from(namespace.as_str()),
            (None, Some(metadata)) => drop(metadata.remove("namespace")),
            (None, None) => {}
        }
        entry(metadata, "labels", MANAGED_BY, "Helm");
        entry(metadata, "annotations", RELEASE_NAME, self.name);
        entry(metadata, "annotations", RELEASE_NAMESPACE, self.namespace);
        object
    }
}

/// Who owns a live object, in words.
pub(super) fn owner_of(live: &Value) -> String {
    let annotations = &live["metadata"]["annotations"];
    match (annotations[RELEASE_NAME].as_str(), annotations[RELEASE_NAMESPACE].as_str()) {
        (Some(name), Some(namespace)) => format!("of release {namespace}/{name}"),
        _ => "of no release".to_owned(),
    }
}

fn entry(metadata: &mut Value, map: &str, key: &str, value: &str) {
    if !metadata[map].is_object() {
        metadata[map] = Value::Object(Map::new());
    }
    metadata[map][key] = Value::from(value);
}
