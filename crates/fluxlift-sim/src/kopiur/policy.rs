//! SnapshotPolicies: what is backed up, to where, and under whose name. By themselves they do nothing.

use std::sync::Arc;

use serde_json::Value;

use super::kinds::POLICIES;
use crate::controllers::Pass;
use crate::controllers::object::{items, some_text, text};
use crate::kube::Key;

/// The policy that `reference` names, seen from `namespace`.
pub fn named(pass: &Pass<'_>, reference: &Value, namespace: &str) -> Option<Arc<Value>> {
    let namespace = some_text(reference, "/namespace").unwrap_or(namespace);
    pass.get(&Key::namespaced(&POLICIES, namespace, text(reference, "/name")))
}

/// Where its repository is: its name is its place.
pub fn place(policy: &Value) -> &str {
    text(policy, "/spec/repository/name")
}

/// Under whose name its snapshots are kept: its own at its namespace, unless it names another.
pub fn identity(policy: &Value) -> String {
    let or = |pointer, own| some_text(policy, pointer).unwrap_or_else(|| text(policy, own));
    let (user, host) =
        (("/spec/identity/username", "/metadata/name"), ("/spec/identity/hostname", "/metadata/namespace"));
    format!("{}@{}", or(user.0, user.1), or(host.0, host.1))
}

/// The claim that it backs up.
pub fn claim(policy: &Value) -> Option<&str> {
    items(policy, "/spec/sources").find_map(|source| some_text(source, "/pvc/name"))
}
