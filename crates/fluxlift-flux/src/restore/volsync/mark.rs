//! What a restore writes on objects, so that whoever comes after a killed run knows what is going on.

use std::collections::BTreeSet;

use fluxlift_kube::Object;
use serde_json::{Value, json};

pub use crate::annotation::{HELD, HELD_BY, HELD_WHY, RESTORING};

/// The annotation with the destinations that it waits for: `namespace/name`, with commas between.
pub const HELD_FOR: &str = "fluxlift.dev/held-for";
/// What `spec.paused` was before: `absent` or `false`.
const HELD_PAUSED: &str = "fluxlift.dev/held-paused-before";

/// The annotation with the tag that triggered it.
const TAG: &str = "fluxlift.dev/restore-tag";
/// The tag before: a destination without one has `-`.
const TAG_BEFORE: &str = "fluxlift.dev/restore-tag-before";
/// The image before: a destination without one has `-`.
const IMAGE_BEFORE: &str = "fluxlift.dev/restore-image-before";

/// On a destination: the UIDs of the claims that a proven restore filled, with commas between. VolSync may synchronize it
/// again, as when Flux puts its own tag back; what they hold does not change by that.
const FILLED: &str = "fluxlift.dev/restored-claims";

/// On a destination: `skip` says that its application is new, and has no backups to restore.
pub const RESTORE: &str = "fluxlift.dev/restore";
/// The only value of [`RESTORE`].
pub const SKIP: &str = "skip";

/// On a repository's claim: the handle of the volume that it must be bound to.
pub const VOLUME_HANDLE: &str = "fluxlift.dev/volume-handle";

/// While it is `disabled`, kustomize-controller leaves the object alone: it would put its own tag back midway.
const FLUX_RECONCILES: &str = "kustomize.toolkit.fluxcd.io/reconcile";
/// That it was us who said so.
const GUARDED: &str = "fluxlift.dev/guarded";
/// For an annotation whose value is nothing.
const NONE: &str = "-";

/// Whether a restore holds this backup.
pub fn is_held(backup: &Object) -> bool {
    backup.label(HELD).is_some()
}

/// A held backup, for people: what, by whom, for what.
pub fn told(backup: &Object) -> String {
    let said = |key| backup.annotation(key).unwrap_or("somebody");
    format!(
        "{} is held by {}: {}",
        backup.title(),
        said(HELD_BY),
        backup.annotation(HELD_WHY).unwrap_or("no reason given")
    )
}

/// Whether a restore of this destination was triggered by a run that has not taken its marks off.
pub fn is_restoring(destination: &Object) -> bool {
    destination.label(RESTORING).is_some()
}

/// The patch by which `run` of `who` holds `backup`, over this very version of it. `why` says how the restore stands.
pub(super) fn hold(backup: &Object, (run, who): (&str, &str), destinations: &[String], why: &str) -> Value {
    let before = if backup.at("/spec/paused").is_null() { "absent" } else { "false" };
    let list = destinations.join(",");
    let mut annotations = json!({HELD_BY: who, HELD_FOR: list, HELD_PAUSED: before,
        HELD_WHY: format!("the restore of {} {why}", destinations.join(" and "))});
    guard(backup, &mut annotations);
    json!({"metadata": {"resourceVersion": backup.resource_version(), "labels": {HELD: run},
        "annotations": annotations}, "spec": {"paused": true}})
}

/// The patch that makes `backup` what it was before it was held.
pub(super) fn release(backup: &Object) -> Value {
    let paused = match backup.annotation(HELD_PAUSED) {
        Some("false") => Value::Bool(false),
        _ => Value::Null,
    };
    let mut annotations = json!({HELD_BY: null, HELD_FOR: null, HELD_WHY: null, HELD_PAUSED: null});
    unguard(backup, &mut annotations);
    json!({"metadata": {"resourceVersion": backup.resource_version(), "labels": {HELD: null},
        "annotations": annotations}, "spec": {"paused": paused}})
}

/// The patch that triggers a restore of `destination`, over this very version of it.
pub(super) fn trigger(destination: &Object, run: &str, tag: &str) -> Value {
    let text = |pointer| destination.text(pointer).unwrap_or(NONE);
    let mut annotations = json!({TAG: tag, TAG_BEFORE: text("/spec/trigger/manual"),
        IMAGE_BEFORE: text("/status/latestImage/name")});
    guard(destination, &mut annotations);
    json!({"metadata": {"resourceVersion": destination.resource_version(), "labels": {RESTORING: run},
        "annotations": annotations}, "spec": {"trigger": {"manual": tag}}})
}

/// Whether a proven restore of `destination` filled `claim`.
pub(super) fn has_filled(destination: &Object, claim: &Object) -> bool {
    let filled = destination.annotation(FILLED).unwrap_or_default();
    !claim.uid().is_empty() && filled.split(',').any(|uid| uid == claim.uid())
}

/// Whether Flux will put its own trigger back once the guard is off.
pub(super) fn is_put_back(destination: &Object) -> bool {
    // Flux heeds these as labels as well.
    let kept = |key| destination.annotation(key).or_else(|| destination.label(key));
    destination.label(crate::annotation::KUSTOMIZATION_NAME).is_some()
        && kept("kustomize.toolkit.fluxcd.io/ssa") != Some("IfNotPresent")
        && (kept(FLUX_RECONCILES) != Some("disabled") || kept(GUARDED).is_some())
}

/// The patch that takes our marks off `destination`, and notes the claims that were proven to be filled. A schedule that it had before our tag is its trigger again.
pub(super) fn untrigger(destination: &Object, filled: &[Object]) -> Value {
    let mut annotations = json!({TAG: null, TAG_BEFORE: null, IMAGE_BEFORE: null});
    unguard(destination, &mut annotations);
    if !filled.is_empty() {
        let known = destination.annotation(FILLED).into_iter().flat_map(|known| known.split(','));
        let uids: BTreeSet<&str> = known.chain(filled.iter().map(Object::uid)).collect();
        annotations[FILLED] = json!(uids.into_iter().collect::<Vec<_>>().join(","));
    }
    let mut patch = json!({"metadata": {"resourceVersion": destination.resource_version(),
        "labels": {RESTORING: null}, "annotations": annotations}});
    let ours = destination.text("/spec/trigger/manual") == destination.annotation(TAG);
    if ours && destination.annotation(TAG_BEFORE) == Some(NONE) && destination.text("/spec/trigger/schedule").is_some()
    {
        patch["spec"] = json!({"trigger": {"manual": null}});
    }
    patch
}

/// The tag by which a run of ours triggered `destination`.
pub(super) fn tag(destination: &Object) -> Option<&str> {
    destination.label(RESTORING)?;
    destination.annotation(TAG)
}

/// The image that `destination` named before its trigger.
pub(super) fn image_before(destination: &Object) -> Option<&str> {
    destination.annotation(IMAGE_BEFORE).filter(|image| *image != NONE)
}

fn guard(object: &Object, annotations: &mut Value) {
    let delivered = object.label(crate::annotation::KUSTOMIZATION_NAME).is_some();
    if delivered && object.annotation(FLUX_RECONCILES).is_none() {
        annotations[FLUX_RECONCILES] = json!("disabled");
        annotations[GUARDED] = json!("true");
    }
}

fn unguard(object: &Object, annotations: &mut Value) {
    if object.annotation(GUARDED).is_some() {
        annotations[FLUX_RECONCILES] = Value::Null;
        annotations[GUARDED] = Value::Null;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(object: &Object, patch: &Value) -> Value {
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

    fn backup(spec: Value) -> Object {
        Object::new(json!({"kind": "ReplicationSource", "metadata": {"name": "app", "namespace": "apps",
            "resourceVersion": "7", "labels": {"kustomize.toolkit.fluxcd.io/name": "apps"},
            "annotations": {"mine": "stays"}}, "spec": spec}))
    }

    #[test]
    fn a_backup_is_after_its_release_what_it_was_before_it_was_held() {
        for spec in [json!({"sourcePVC": "app"}), json!({"sourcePVC": "app", "paused": false})] {
            let before = backup(spec);
            let held = Object::new(merged(
                &before,
                &hold(&before, ("run1", "me@here"), &["apps/app-dst".to_owned()], "waits"),
            ));
            assert!(held.flag("/spec/paused") && is_held(&held));
            assert_eq!(held.annotation(FLUX_RECONCILES), Some("disabled"));
            assert_eq!(merged(&held, &release(&held)), *before.json());
        }
    }

    #[test]
    fn a_backup_that_somebody_else_guards_keeps_that_guard() {
        let mut before = backup(json!({}));
        before = before.with_annotation(FLUX_RECONCILES, "disabled");
        let held = Object::new(merged(&before, &hold(&before, ("run1", "me@here"), &["apps/a".to_owned()], "waits")));
        assert_eq!(merged(&held, &release(&held)), *before.json());
    }

    #[test]
    fn a_destination_keeps_nothing_of_a_restore_but_its_tag() {
        let before = Object::new(json!({"metadata": {"name": "app", "resourceVersion": "7"},
            "spec": {"trigger": {"schedule": "0 4 * * *"}}, "status": {"latestImage": {"name": "old"}}}));
        let during = Object::new(merged(&before, &trigger(&before, "run1", "fluxlift-x")));
        assert_eq!((tag(&during), image_before(&during)), (Some("fluxlift-x"), Some("old")));
        let after = merged(&during, &untrigger(&during, &[]));
        assert_eq!(after["spec"], before.json()["spec"]);
        assert_eq!(after["metadata"]["annotations"], json!({}));
    }
}
