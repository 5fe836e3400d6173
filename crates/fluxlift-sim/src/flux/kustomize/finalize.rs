//! The end of a Kustomization: what it applied is pruned, if it prunes and is not suspended.

use serde_json::Value;

use crate::controllers::object::{annotation, flag, items, label};
use crate::controllers::{Outcome, Pass, Passed};
use crate::flux::inventory;
use crate::flux::kinds::FINALIZER;
use crate::kube::Key;

/// Prunes everything and lets the object go.
pub(super) fn prune_all(pass: &mut Pass<'_>, object: &Value) -> Passed {
    let policy = object.pointer("/spec/deletionPolicy").and_then(Value::as_str).unwrap_or("MirrorPrune");
    let prunes = policy == "Delete" || (policy != "Orphan" && flag(object, "/spec/prune"));
    if prunes && !flag(object, "/spec/suspend") {
        let keys: Vec<Key> =
            items(object, "/status/inventory/entries").filter_map(|entry| inventory::key(pass, entry)).collect();
        for key in keys {
            prune(pass, &key);
        }
    }
    pass.drop_finalizer(FINALIZER)?;
    Ok(Outcome::Done)
}

/// Deletes an object that this Kustomization applied, unless it is exempt or belongs to another one by now.
pub(super) fn prune(pass: &mut Pass<'_>, key: &Key) {
    let Some(object) = pass.get(key) else { return };
    let exempt = annotation(&object, "kustomize.toolkit.fluxcd.io/prune")
        .is_some_and(|word| word.eq_ignore_ascii_case("disabled"));
    let mine = label(&object, "kustomize.toolkit.fluxcd.io/name") == Some(&pass.key.name)
        && label(&object, "kustomize.toolkit.fluxcd.io/namespace") == pass.key.namespace.as_deref();
    if mine && !exempt {
        // Somebody may have deleted it a moment ago.
        let _ = pass.delete(key);
        pass.log("info", "garbage collection completed", &[("object", &key.to_string())]);
    }
}
