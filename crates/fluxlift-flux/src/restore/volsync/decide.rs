//! What there is to do about a destination: a function of what was seen, without I/O.

use fluxlift_core::Timestamp;
use fluxlift_kube::{Collection, Object};

use super::backing::{Around, at, direct, suspect, unasked};
use super::gates::{again, pause};
use super::reading::Said;
use super::{CopyMethod, Destination, Reading, mark};
use crate::restore::Action;
use crate::restore::mark::skipped;

/// What there is to do about a destination: what it says of itself, against what its claims are.
pub(super) fn decide(object: &Object, destination: &Destination, claims: &[Object], around: Around<'_>) -> Action {
    let reading = Reading(object);
    if let Some(why) = skipped(object) {
        return Action::Nothing(why);
    }
    let bound = |claim: &&Object| claim.text("/status/phase") == Some("Bound");
    let waits = claims.iter().any(|claim| !bound(&claim));
    let restored = reading.is_restored();
    // A claim is filled once. What an earlier image brought it, a later restore does not change.
    let ended = reading.ended().filter(|_| restored);
    let doubtful =
        claims.iter().filter(bound).find_map(|claim| Some((claim, doubt(object, claim, around.volumes, ended)?)));
    // Of one that may hold good data, backups go on: only what is known to have failed or been empty is held.
    let failed = !restored && matches!(reading.said(), Said::Empty(_) | Said::Failed(_));
    if let Some((why, act)) = pause(object) {
        return Action::Refuse { why, act, holds: failed && (doubtful.is_some() || is_exposed(object, claims)) };
    }
    if mark::tag(object).is_some() && mark::tag(object) == reading.tag() {
        return Action::Resume;
    }
    let action = match (&destination.copy, doubtful) {
        (CopyMethod::Direct(claim), _) if restored => direct(object, destination, claim, around),
        (CopyMethod::Direct(claim), _) if mark::is_put_back(object) => put_back(claim),
        (CopyMethod::Snapshot, Some((claim, why))) => Action::Refuse { why, act: again(claim), holds: failed },
        (CopyMethod::Snapshot, None) if restored && waits => {
            Action::Adopt("it restored by its own trigger, and a claim still waits for the image".to_owned())
        }
        (CopyMethod::Snapshot, None) if restored && claims.is_empty() => unasked(object, destination, around.images),
        (CopyMethod::Snapshot, None) if restored => {
            Action::Nothing(format!("restored at {} by its own trigger, its claims are bound", at(object)))
        }
        (CopyMethod::Snapshot, None) if !waits && !claims.is_empty() => {
            Action::Nothing("its claims were filled by a restore that was proven".to_owned())
        }
        _ => Action::Restore,
    };
    let known = !claims.is_empty() && claims.iter().all(|claim| mark::has_filled(object, claim));
    match action {
        Action::Adopt(_) | Action::Nothing(_) if restored && !known => {
            // What waits is not in use: nothing is lost by holding its backups.
            suspect(destination, around, waits).unwrap_or(action)
        }
        action => action,
    }
}

/// Whether VolSync would fill a claim that waits from an image that no proven restore made, as soon as it can.
pub(super) fn is_exposed(object: &Object, claims: &[Object]) -> bool {
    let reading = Reading(object);
    !reading.is_restored()
        && reading.image().is_some()
        && claims.iter().any(|claim| claim.text("/status/phase") != Some("Bound"))
}

/// Whether a claim waits and VolSync has nothing more to do by itself.
pub(super) fn awaits_us(object: &Object, action: &Action, claims: &[Object]) -> bool {
    let reading = Reading(object);
    let at_rest = reading.runs_since().is_none() && reading.ended().is_some() && reading.is_done();
    let due = *action == Action::Resume || (*action == Action::Restore && at_rest);
    due && claims.iter().any(|claim| claim.text("/status/phase") != Some("Bound"))
}

/// A Direct restore writes into a claim that exists. While its own first one goes on, nothing is lost by it.
pub(super) fn overwrites(object: &Object, destination: &Destination) -> Option<String> {
    let CopyMethod::Direct(claim) = &destination.copy else { return None };
    let reading = Reading(object);
    let settled = reading.runs_since().is_none() && reading.ended().is_some() && reading.is_done();
    settled.then(|| claim.clone())
}

/// Why the bound `claim` may hold something else than what was restored, if it may: `ended` is when the restore did that
/// is proven, if one is.
fn doubt(object: &Object, claim: &Object, volumes: &Collection, ended: Option<Timestamp>) -> Option<String> {
    if mark::has_filled(object, claim) {
        return None;
    }
    let name = claim.name();
    let Some(ended) = ended else {
        let said = match Reading(object).said() {
            Said::Empty(words) | Said::Failed(words) | Said::Partial(words) => format!(" ({words})"),
            Said::Restored | Said::Nothing => String::new(),
        };
        return Some(format!(
            "claim {name} is bound and is filled no second time, and no restore of it is proven{said}"
        ));
    };
    let volume = claim.text("/spec/volumeName").and_then(|volume| volumes.get(None, volume));
    let volume = volume.filter(|volume| volume.text("/spec/claimRef/uid") == Some(claim.uid()));
    let made: Option<Timestamp> = volume.and_then(|volume| volume.text("/metadata/creationTimestamp")?.parse().ok());
    match made {
        Some(made) if made >= ended => None,
        Some(made) => {
            Some(format!("claim {name} was filled at {made}, and the restore that is proven ended at {ended}"))
        }
        None => Some(format!("claim {name} is bound, and its volume can't be read to say when it was filled")),
    }
}

/// After a restore into a claim Flux would put its own trigger back, and VolSync would restore once more.
pub(super) fn put_back(claim: &str) -> Action {
    Action::Refuse {
        why: format!(
            "Flux would put its own trigger back after the restore, and VolSync would restore into claim {claim} once more, \
             over what was written since"
        ),
        act: "give it the label kustomize.toolkit.fluxcd.io/ssa: IfNotPresent in Git, or change its trigger there"
            .to_owned(),
        holds: false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::seen::{EMPTY, GOOD, claim, decided, decided_with, destination, volume};
    use super::*;
    use crate::annotation::RESTORING;
    use crate::restore::mark::RESTORE;

    #[test]
    fn a_bound_claim_with_a_proven_restore_needs_nothing_and_a_waiting_one_the_rest() {
        let good = destination(json!({}), GOOD);
        assert!(matches!(decided(&good, &[claim("Bound")]), Action::Nothing(_)));
        assert!(matches!(decided(&good, &[claim("Pending")]), Action::Adopt(_)));
    }

    #[test]
    fn a_claim_that_was_filled_before_the_restore_is_refused_however_often_it_is_asked_for() {
        let good = destination(json!({}), GOOD);
        let decided = |claims: &[Object], volumes: &Collection| decided_with(&good, claims, volumes);
        let before = volume("2025-12-31T23:59:59Z");
        let Action::Refuse { why, .. } = decided(&[claim("Bound")], &before) else { panic!() };
        assert!(why.contains("claim app was filled at 2025-12-31T23:59:59Z"), "{why}");
        // Beside another that waits it is no better.
        assert!(matches!(decided(&[claim("Pending"), claim("Bound")], &before), Action::Refuse { .. }));
        assert!(matches!(decided(&[claim("Bound")], &Collection::default()), Action::Refuse { .. }));
    }

    #[test]
    fn what_a_proven_restore_filled_stays_proven_when_flux_lets_volsync_synchronize_again() {
        let again = |logs: &str| destination(json!({}), logs).with_annotation("fluxlift.dev/restored-claims", "x,u");
        let old = volume("2025-12-31T23:59:59Z");
        for object in [again(GOOD), again(EMPTY)] {
            let action = decided_with(&object, &[claim("Bound")], &old);
            assert!(matches!(action, Action::Nothing(_)), "{action:?}");
        }
    }

    #[test]
    fn a_direct_restore_that_flux_would_do_once_more_is_refused() {
        let direct = json!({"kopia": {"repository": "s", "copyMethod": "Direct", "destinationPVC": "app"}});
        let delivered = destination(direct, "").with_label("kustomize.toolkit.fluxcd.io/name", "apps");
        let Action::Refuse { why, .. } = decided(&delivered, &[]) else { panic!() };
        assert!(why.contains("once more"), "{why}");
        let kept = delivered.with_annotation("kustomize.toolkit.fluxcd.io/ssa", "IfNotPresent");
        assert_eq!(decided(&kept, &[]), Action::Restore);
    }

    #[test]
    fn a_bound_claim_that_was_filled_from_an_empty_restore_is_refused_by_name() {
        let Action::Refuse { why, holds, .. } = decided(&destination(json!({}), EMPTY), &[claim("Bound")]) else {
            panic!()
        };
        assert!(why.contains("claim app is bound") && why.contains(EMPTY), "{why}");
        assert!(holds, "an empty volume must not be backed up");
        let unknown = decided(&destination(json!({}), ""), &[claim("Bound")]);
        assert!(matches!(unknown, Action::Refuse { holds: false, .. }), "it may have been in use for years");
    }

    #[test]
    fn an_application_that_is_new_is_left_alone_where_its_destination_says_so() {
        let new = destination(json!({}), EMPTY).with_annotation(RESTORE, "skip");
        assert!(matches!(decided(&new, &[claim("Bound")]), Action::Nothing(_)));
        let other = destination(json!({}), EMPTY).with_annotation(RESTORE, "false");
        assert!(matches!(decided(&other, &[claim("Bound")]), Action::Refuse { .. }));
    }

    #[test]
    fn a_direct_restore_overwrites_its_claim_once_its_own_first_one_is_over() {
        let direct = json!({"kopia": {"repository": "s", "copyMethod": "Direct", "destinationPVC": "app"}});
        let mut object = destination(direct, EMPTY);
        let overwritten = |object: &Object| overwrites(object, &Destination::of(object).unwrap());
        assert_eq!(overwritten(&object).as_deref(), Some("app"));
        object.json_mut()["status"]["lastManualSync"] = json!("another");
        assert_eq!(overwritten(&object), None);
        assert_eq!(overwritten(&destination(json!({}), EMPTY)), None);
    }

    #[test]
    fn what_waits_is_restored_and_a_paused_destination_is_not() {
        assert_eq!(decided(&destination(json!({}), ""), &[claim("Pending")]), Action::Restore);
        let paused = destination(json!({"paused": true}), GOOD);
        assert!(matches!(decided(&paused, &[claim("Pending")]), Action::Refuse { .. }));
    }

    #[test]
    fn a_paused_destination_whose_claim_has_nothing_or_will_have_holds_its_backups() {
        let holds = |logs: &str, claims: &[Object]| {
            let Action::Refuse { holds, .. } = decided(&destination(json!({"paused": true}), logs), claims) else {
                panic!()
            };
            holds
        };
        assert!(holds(EMPTY, &[claim("Bound")]) && holds(EMPTY, &[claim("Pending")]));
        assert!(!holds(EMPTY, &[]) && !holds("", &[claim("Bound")]), "nothing is known of what is in use");
    }

    #[test]
    fn a_run_that_was_killed_is_resumed_unless_somebody_took_its_tag_away() {
        let marked = |tag: &str| {
            destination(json!({}), "").with_label(RESTORING, "run").with_annotation("fluxlift.dev/restore-tag", tag)
        };
        assert_eq!(decided(&marked("once"), &[claim("Pending")]), Action::Resume);
        assert_eq!(decided(&marked("other"), &[claim("Pending")]), Action::Restore);
    }

    #[test]
    fn a_claim_awaits_us_only_where_volsync_has_nothing_more_to_do() {
        let awaits = |object: &Object, claims: &[Object]| awaits_us(object, &decided(object, claims), claims);
        let mut object = destination(json!({}), "");
        assert!(awaits(&object, &[claim("Pending")]));
        assert!(!awaits(&object, &[claim("Bound")]) && !awaits(&object, &[]));
        assert!(!awaits(&destination(json!({}), GOOD), &[claim("Pending")]), "its image comes");
        object.json_mut()["status"]["lastSyncStartTime"] = json!("2026-01-01T00:00:01Z");
        assert!(!awaits(&object, &[claim("Pending")]), "its own restore goes on");
    }
}
