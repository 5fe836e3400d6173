//! Who lives under a root, so that nobody is missed afterwards.

use std::collections::BTreeMap;

use fluxlift_kube::Object;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::carry;
use super::seen::Seen;

/// The root, and everything of Flux that it brought, by UID.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Census {
    /// The name of the root and its source.
    pub name: String,
    /// The folder that the root applies.
    pub path: String,
    /// The UID of the root Kustomization.
    pub root: String,
    /// The UIDs of all Kustomizations and HelmReleases, and of the root's source, by `kind/namespace/name`.
    pub uids: BTreeMap<String, String>,
    /// The fields of the root that must be the same afterwards, such as `decryption`.
    pub kept: BTreeMap<String, Value>,
    /// The fields of its source that must be, such as `ignore` and `verify`.
    #[serde(default)]
    pub kept_of_source: BTreeMap<String, Value>,
}

impl Census {
    /// Everybody that `seen` shows, with `root`.
    pub fn of(seen: &Seen, root: &Object) -> Self {
        let flux = seen.kustomizations.iter().chain(&seen.releases).chain(seen.source_of(root));
        let everybody = flux.filter(|object| !object.is_terminating());
        Self {
            name: root.name().to_owned(),
            path: root.text("/spec/path").unwrap_or_default().to_owned(),
            root: root.uid().to_owned(),
            uids: everybody.map(|object| (object.title(), object.uid().to_owned())).collect(),
            kept: carry::root_fields(root),
            kept_of_source: seen.source_of(root).map(carry::source_fields).unwrap_or_default(),
        }
    }
}
