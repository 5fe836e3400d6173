//! What a destination that says that it is restored rests on: its repository, its image, the claim that was written.

use std::time::Duration;

use fluxlift_core::{Gate, Observation, Remedy, Timestamp, Verdict};
use fluxlift_kube::{Collection, Object};

use super::decide::put_back;
use super::gates::{ClaimSight, ClaimWritten, ImageReady, RepositoryReachable};
use super::images::{Images, image};
use super::{Destination, Reading, Store, mark};
use crate::restore::Action;

/// What a decision rests on besides the destination and the claims that are filled from it.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    /// All claims that were seen.
    pub(super) claims: &'a Collection,
    /// All volumes.
    pub(super) volumes: &'a Collection,
    /// The images that no claim asks for yet.
    pub(super) images: &'a Images,
}

impl Around<'_> {
    /// The claim of that name beside `destination`, and the volume that it is bound to.
    fn claim(&self, destination: &Destination, name: &str) -> ClaimSight {
        let claim = self.claims.get(Some(&destination.namespace), name);
        let volume = claim.and_then(|claim| self.volumes.get(None, claim.text("/spec/volumeName")?));
        (claim.cloned(), volume.cloned())
    }
}

/// A restore by its own trigger that read a repository which may be the wrong one: the mover's good words prove nothing
/// then, for an empty repository has a snapshot as soon as an empty volume was backed up to it.
pub(super) fn suspect(destination: &Destination, around: Around<'_>, holds: bool) -> Option<Action> {
    let seen = match &destination.store {
        Store::Claim(name) => around.claim(destination, name),
        Store::Nfs { .. } | Store::Remote => (None, None),
    };
    let refuse = |why: String, act: String| {
        let why = format!("it restored from a repository that is not proven to be the right one: {why}");
        Some(Action::Refuse { why, act, holds })
    };
    match judged(&RepositoryReachable::of(destination, &destination.place(None)), &seen) {
        Verdict::Proven { .. } => None,
        Verdict::Stuck { why, remedy: Remedy::Person { act } } => refuse(why, act),
        Verdict::Stuck { why, .. } | Verdict::Pending { why } => {
            refuse(why, "see what became of its repository's claim, then run the restore again".to_owned())
        }
    }
}

/// A restore into a claim that exists: that claim must still be on the volume that was restored into.
pub(super) fn direct(object: &Object, destination: &Destination, claim: &str, around: Around<'_>) -> Action {
    let ended = Reading(object).ended().unwrap_or(Timestamp::MIN);
    match judged(&ClaimWritten::of(destination, claim, ended), &around.claim(destination, claim)) {
        Verdict::Proven { .. } => Action::Nothing(format!("restored at {} by its own trigger", at(object))),
        Verdict::Pending { why } => {
            Action::Refuse { why, act: format!("bring claim {claim} back, then run the restore again"), holds: false }
        }
        Verdict::Stuck { .. } if mark::is_put_back(object) => put_back(claim),
        Verdict::Stuck { .. } => Action::Restore,
    }
}

/// A restore whose image no claim asks for yet: who asks later would wait for one that is gone.
pub(super) fn unasked(object: &Object, destination: &Destination, images: &Images) -> Action {
    let name = Reading(object).image().unwrap_or_default();
    let image = match images.get(&image(destination, name)) {
        Some(Ok(image)) => image,
        unread => {
            let why = unread.and_then(|unread| unread.as_ref().err()).map_or("nobody has looked", String::as_str);
            return Action::Refuse {
                why: format!("its image {name} can't be read to say whether it can be used: {why}"),
                act: "run it as somebody who may read volumesnapshots".to_owned(),
                holds: false,
            };
        }
    };
    match judged(&ImageReady::of(object, name), image) {
        Verdict::Proven { .. } => Action::Nothing(format!("restored at {} by its own trigger", at(object))),
        Verdict::Pending { .. } if image.is_some() => {
            Action::Adopt("it restored by its own trigger, and its image is not ready yet".to_owned())
        }
        Verdict::Pending { .. } | Verdict::Stuck { .. } => Action::Restore,
    }
}

/// What `gate` says of what a survey saw.
fn judged<G: Gate>(gate: &G, seen: &G::Snapshot) -> Verdict {
    gate.judge(&Observation { snapshot: seen, unchanged_for: Duration::ZERO })
}

/// When it was restored, for people.
pub(super) fn at(object: &Object) -> &str {
    object.text("/status/lastSyncTime").unwrap_or("an unknown time")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::decide::overwrites;
    use super::super::seen::{GOOD, claim, decided_among, destination, volume};
    use super::*;

    #[test]
    fn good_words_about_a_repository_that_was_provisioned_anew_prove_nothing() {
        let kopia = json!({"kopia": {"repository": "s", "moverVolumes": [{"mountPath": "repository",
            "volumeSource": {"persistentVolumeClaim": {"claimName": "kopia"}}}]}});
        let good = destination(kopia, GOOD);
        let repository = |known: Value| {
            Object::new(json!({"kind": "PersistentVolumeClaim", "metadata": {"name": "kopia", "namespace": "apps",
                "uid": "k", "annotations": known}, "spec": {"volumeName": "kopia"}, "status": {"phase": "Bound"}}))
        };
        let fresh = Object::new(json!({"kind": "PersistentVolume", "metadata": {"name": "kopia",
            "annotations": {"pv.kubernetes.io/provisioned-by": "csi"}},
            "spec": {"claimRef": {"uid": "k"}, "csi": {"volumeHandle": "new-1"}}}));
        let volumes: Collection = volume("2026-01-01T00:00:05Z").iter().cloned().chain([fresh]).collect();
        let decided = |object: &Object, claims: &[Object], known: Value| {
            decided_among(object, claims, (&[repository(known)], &volumes), Err("no".to_owned()))
        };
        for phase in ["Bound", "Pending"] {
            let Action::Refuse { why, act, holds } = decided(&good, &[claim(phase)], json!({})) else { panic!() };
            assert!(why.contains("csi provisioned for it, new-1"), "{why}");
            assert!(act.contains("fluxlift.dev/volume-handle=new-1"), "{act}");
            assert_eq!(holds, phase == "Pending");
        }
        let known = json!({"fluxlift.dev/volume-handle": "new-1"});
        assert!(matches!(decided(&good, &[claim("Bound")], known), Action::Nothing(_)));
        // What a restore that was proven filled was read from the right one.
        let filled = good.with_annotation("fluxlift.dev/restored-claims", "u");
        assert!(matches!(decided(&filled, &[claim("Bound")], json!({})), Action::Nothing(_)));
    }

    #[test]
    fn an_image_that_no_claim_asks_for_yet_must_be_there_and_usable() {
        let good = destination(json!({}), GOOD);
        let volumes = Collection::default();
        let decided = |snapshot| decided_among(&good, &[], (&[], &volumes), snapshot);
        let of = |status: Value| {
            Ok(Some(Object::new(json!({"kind": "VolumeSnapshot", "metadata": {"name": "i"}, "status": status}))))
        };
        assert!(matches!(decided(of(json!({"readyToUse": true, "restoreSize": "5Gi"}))), Action::Nothing(_)));
        assert!(matches!(decided(of(json!({"readyToUse": false}))), Action::Adopt(_)));
        assert_eq!(decided(of(json!({"readyToUse": true, "restoreSize": "0"}))), Action::Restore);
        assert_eq!(decided(Ok(None)), Action::Restore, "it is gone");
        assert!(matches!(decided(Err("forbidden".to_owned())), Action::Refuse { holds: false, .. }));
    }

    #[test]
    fn a_direct_restore_whose_claim_was_made_anew_since_is_none() {
        let direct = json!({"kopia": {"repository": "s", "copyMethod": "Direct", "destinationPVC": "app"}});
        let good = destination(direct, GOOD);
        let decided = |object: &Object, claims: &[Object], made: &str| {
            decided_among(object, &[], (claims, &volume(made)), Ok(None))
        };
        let (before, after) = ("2025-12-31T23:59:59Z", "2026-01-01T00:00:05Z");
        assert!(matches!(decided(&good, &[claim("Bound")], before), Action::Nothing(_)));
        assert_eq!(decided(&good, &[claim("Bound")], after), Action::Restore);
        assert_eq!(overwrites(&good, &Destination::of(&good).unwrap()).as_deref(), Some("app"));
        let Action::Refuse { why, .. } = decided(&good, &[], before) else { panic!() };
        assert!(why.contains("persistentvolumeclaim/apps/app is not there"), "{why}");
        let delivered = good.with_label("kustomize.toolkit.fluxcd.io/name", "apps");
        assert!(
            matches!(decided(&delivered, &[claim("Bound")], after), Action::Refuse { .. }),
            "Flux would do it again"
        );
    }
}
