//! What a restore by VolSync writes on a destination, so that whoever comes after a killed run can go on.

use std::collections::BTreeSet;

use fluxlift_kube::Object;
use serde_json::{Value, json};

use crate::annotation::{KUSTOMIZATION_NAME, RESTORING};
use crate::restore::mark::{FLUX_RECONCILES, GUARDED, guard, unguard};

/// The annotation with the tag that triggered it.
const TAG: &str = "fluxlift.dev/restore-tag";
/// The tag before: a destination without one has `-`.
const TAG_BEFORE: &str = "fluxlift.dev/restore-tag-before";
/// The image before: a destination without one has `-`.
const IMAGE_BEFORE: &str = "fluxlift.dev/restore-image-before";

/// On a destination: the UIDs of the claims that a proven restore filled, with commas between. VolSync may synchronize it
/// again, as when Flux puts its own tag back; what they hold does not change by that.
const FILLED: &str = "fluxlift.dev/restored-claims";

/// On a repository's claim: the handle of the volume that it must be bound to.
pub const VOLUME_HANDLE: &str = "fluxlift.dev/volume-handle";

/// For an annotation whose value is nothing.
const NONE: &str = "-";

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
    destination.label(KUSTOMIZATION_NAME).is_some()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::restore::mark::merged;

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
