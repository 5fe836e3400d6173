//! What a restore writes on objects, so that whoever comes after a killed run knows what is going on.

use fluxlift_kube::Object;
use serde_json::{Value, json};

pub use crate::annotation::{HELD, HELD_BY, HELD_WHY};
use crate::annotation::{KUSTOMIZATION_NAME, RESTORING};

/// The annotation with the destinations that it waits for: `namespace/name`, with commas between.
pub const HELD_FOR: &str = "fluxlift.dev/held-for";
/// What the field by which it is paused was before: `absent` or `false`.
const HELD_PAUSED: &str = "fluxlift.dev/held-paused-before";

/// On a destination: `skip` says that its application is new, and has no backups to restore.
pub(super) const RESTORE: &str = "fluxlift.dev/restore";
/// The only value of [`RESTORE`].
const SKIP: &str = "skip";

/// While it is `disabled`, kustomize-controller leaves the object alone: it would put its own fields back midway.
pub(super) const FLUX_RECONCILES: &str = "kustomize.toolkit.fluxcd.io/reconcile";
/// That it was us who said so.
pub(super) const GUARDED: &str = "fluxlift.dev/guarded";

/// Whether a restore holds this backup.
pub(super) fn is_held(backup: &Object) -> bool {
    backup.label(HELD).is_some()
}

/// Whether a restore holds this backup for the destination `path`, among others.
pub(super) fn is_held_for(backup: &Object, path: &str) -> bool {
    is_held(backup) && backup.annotation(HELD_FOR).is_some_and(|held| held.split(',').any(|one| one == path))
}

/// A held backup, for people: what, by whom, for what.
pub(super) fn told(backup: &Object) -> String {
    let said = |key| backup.annotation(key).unwrap_or("somebody");
    format!(
        "{} is held by {}: {}",
        backup.title(),
        said(HELD_BY),
        backup.annotation(HELD_WHY).unwrap_or("no reason given")
    )
}

/// Whether a restore of this destination was triggered by a run that has not taken its marks off.
pub(super) fn is_restoring(destination: &Object) -> bool {
    destination.label(RESTORING).is_some()
}

/// Why a destination needs no restore, if a person says so on it.
pub(super) fn skipped(destination: &Object) -> Option<String> {
    let skips = destination.annotation(RESTORE) == Some(SKIP);
    skips.then(|| format!("its annotation {RESTORE}={SKIP} says that there is nothing to restore"))
}

/// The patch by which `run` of `who` holds `backup`, over this very version of it: the field at this JSON pointer keeps it
/// still. `why` says how the restore stands.
pub(super) fn hold(
    (backup, field): (&Object, &str),
    (run, who): (&str, &str),
    destinations: &[String],
    why: &str,
) -> Value {
    let before = if backup.at(field).is_null() { "absent" } else { "false" };
    let list = destinations.join(",");
    let mut annotations = json!({HELD_BY: who, HELD_FOR: list, HELD_PAUSED: before,
        HELD_WHY: format!("the restore of {} {why}", destinations.join(" and "))});
    guard(backup, &mut annotations);
    let mut patch = placed(field, Value::Bool(true));
    patch["metadata"] = json!({"resourceVersion": backup.resource_version(), "labels": {HELD: run},
        "annotations": annotations});
    patch
}

/// The patch that makes `backup` what it was before it was held by this field.
pub(super) fn release(backup: &Object, field: &str) -> Value {
    let paused = match backup.annotation(HELD_PAUSED) {
        Some("false") => Value::Bool(false),
        _ => Value::Null,
    };
    let mut annotations = json!({HELD_BY: null, HELD_FOR: null, HELD_WHY: null, HELD_PAUSED: null});
    unguard(backup, &mut annotations);
    let mut patch = placed(field, paused);
    patch["metadata"] = json!({"resourceVersion": backup.resource_version(), "labels": {HELD: null},
        "annotations": annotations});
    patch
}

/// What has `value` at a JSON pointer, and nothing else.
fn placed(pointer: &str, value: Value) -> Value {
    pointer.rsplit('/').filter(|name| !name.is_empty()).fold(value, |inner, name| json!({name: inner}))
}

/// Keeps an object that Flux delivers from it.
pub(super) fn guard(object: &Object, annotations: &mut Value) {
    let delivered = object.label(KUSTOMIZATION_NAME).is_some();
    if delivered && object.annotation(FLUX_RECONCILES).is_none() {
        annotations[FLUX_RECONCILES] = json!("disabled");
        annotations[GUARDED] = json!("true");
    }
}

/// Gives an object that was kept from Flux back to it.
pub(super) fn unguard(object: &Object, annotations: &mut Value) {
    if object.annotation(GUARDED).is_some() {
        annotations[FLUX_RECONCILES] = Value::Null;
        annotations[GUARDED] = Value::Null;
    }
}

/// An object after a merge patch.
#[cfg(test)]
pub(super) fn merged(object: &Object, patch: &Value) -> Value {
    fn merge(into: &mut Value, patch: &Value) {
        let Some(patch) = patch.as_object() else {
            *into = patch.clone();
            return;
        };
        if !into.is_object() {
            *into = json!({});
        }
        let Some(into) = into.as_object_mut() else { return };
        for (key, value) in patch {
            if value.is_null() {
                into.remove(key);
            } else {
                merge(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
    }
    let mut json = object.json().clone();
    merge(&mut json, patch);
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSED: &str = "/spec/paused";

    fn backup(spec: Value) -> Object {
        Object::new(json!({"kind": "ReplicationSource", "metadata": {"name": "app", "namespace": "apps",
            "resourceVersion": "7", "labels": {"kustomize.toolkit.fluxcd.io/name": "apps"},
            "annotations": {"mine": "stays"}}, "spec": spec}))
    }

    fn held(before: &Object, field: &str) -> Object {
        let patch = hold((before, field), ("run1", "me@here"), &["apps/app-dst".to_owned()], "waits");
        Object::new(merged(before, &patch))
    }

    #[test]
    fn a_backup_is_after_its_release_what_it_was_before_it_was_held() {
        for spec in [json!({"sourcePVC": "app"}), json!({"sourcePVC": "app", "paused": false})] {
            let before = backup(spec);
            let held = held(&before, PAUSED);
            assert!(held.flag(PAUSED) && is_held(&held));
            assert_eq!(held.annotation(FLUX_RECONCILES), Some("disabled"));
            assert_eq!(merged(&held, &release(&held, PAUSED)), *before.json());
        }
    }

    #[test]
    fn a_field_that_lies_deeper_leaves_what_is_beside_it() {
        let before = backup(json!({"schedule": {"cron": "0 * * * *"}}));
        let held = held(&before, "/spec/schedule/suspend");
        assert_eq!(held.at("/spec/schedule"), &json!({"cron": "0 * * * *", "suspend": true}));
        assert_eq!(merged(&held, &release(&held, "/spec/schedule/suspend")), *before.json());
    }

    #[test]
    fn a_backup_that_somebody_else_guards_keeps_that_guard() {
        let before = backup(json!({})).with_annotation(FLUX_RECONCILES, "disabled");
        let held = held(&before, PAUSED);
        assert_eq!(merged(&held, &release(&held, PAUSED)), *before.json());
    }
}
