//! What VolSync has to restore: destinations, the claims that they fill, the backups that must be held, and what to do.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fluxlift_core::Timestamp;
use fluxlift_kube::{Class, Cluster, Collection, Object, ObjectRef, kind};
use futures::StreamExt as _;
use futures::stream;

use super::gates::again;
use super::kinds::{DESTINATION, SOURCE};
use super::reading::Said;
use super::{CopyMethod, Destination, Reading, mark};
use crate::canary::LABEL;
use crate::restore::kinds::{CLAIM, VOLUME};
use crate::restore::lists::{defined, list, readable};
use crate::restore::mark::{is_held, skipped};
use crate::restore::{Action, Backup, Case, RestoreError, Survey};

/// What it is called.
const NAME: &str = "VolSync";
/// How many Secrets are read at a time.
const AT_A_TIME: usize = 16;

/// Looks at what there is in `namespace`, or everywhere.
pub(super) async fn survey(cluster: &Cluster, namespace: Option<&str>) -> Result<Survey, RestoreError> {
    let (destinations, sources, claims, volumes) = futures::join!(
        defined(cluster, NAME, DESTINATION, namespace),
        defined(cluster, NAME, SOURCE, namespace),
        list(cluster, CLAIM, namespace),
        readable(cluster, VOLUME),
    );
    let (destinations, sources, claims, volumes) = (destinations?, sources?, claims?, volumes?);
    let ours: Vec<&Object> = destinations.iter().filter(|object| object.label(LABEL).is_none()).collect();
    let addresses = addresses(cluster, &ours).await?;
    let cases = ours.into_iter().map(|object| case(object, &sources, (&claims, &volumes), &addresses)).collect();
    let held = sources.iter().filter(|source| is_held(source)).map(|source| Backup::of(&SOURCE, source)).collect();
    let beyond = claims.iter().filter(|claim| is_kopiurs(claim)).map(beyond).collect();
    Ok(Survey { cases, held, beyond })
}

/// The addresses of the repositories, by the place of their Secrets. Who may not read Secrets does without.
async fn addresses(cluster: &Cluster, objects: &[&Object]) -> Result<BTreeMap<ObjectRef, String>, RestoreError> {
    let wanted: std::collections::BTreeSet<ObjectRef> =
        objects.iter().filter_map(|object| Destination::of(object)).map(|one| secret(&one)).collect();
    let mut read = stream::iter(wanted)
        .map(|target| async move {
            let found = cluster.get(&target).await;
            (target, found)
        })
        .buffer_unordered(AT_A_TIME);
    let mut addresses = BTreeMap::new();
    while let Some((target, found)) = read.next().await {
        let found = match found {
            Err(error) if error.class() == Class::Forbidden => None,
            found => found?,
        };
        let data = found.and_then(|secret| STANDARD.decode(secret.text("/data/KOPIA_REPOSITORY")?).ok());
        if let Some(address) = data.and_then(|data| String::from_utf8(data).ok()) {
            addresses.insert(target, address);
        }
    }
    Ok(addresses)
}

/// The Secret of a destination.
pub(super) fn secret(destination: &Destination) -> ObjectRef {
    ObjectRef::namespaced(kind::SECRET, &destination.namespace, &destination.secret)
}

fn case(
    object: &Object,
    sources: &Collection,
    (claims, volumes): (&Collection, &Collection),
    addresses: &BTreeMap<ObjectRef, String>,
) -> Case {
    let filled: Vec<Object> = claims.iter().filter(|claim| fills(object, claim)).cloned().collect();
    let target = object.reference(&DESTINATION);
    let Some(destination) = Destination::of(object) else {
        let why = "it has no Kopia mover, and the words of another mover would prove nothing".to_owned();
        let act = "restore it as its mover's documentation says".to_owned();
        return Case {
            repository: target.to_string(),
            target,
            object: object.clone(),
            place: "-".to_owned(),
            claims: filled,
            backups: Vec::new(),
            action: Action::Refuse { why, act, holds: false },
            overwrites: None,
            awaits_us: false,
        };
    };
    let address = addresses.get(&secret(&destination)).map(String::as_str);
    let names: Vec<&str> = filled.iter().map(Object::name).collect();
    let concerned = sources.iter().filter(|source| destination.concerns(source, &names));
    let backups = concerned.map(|source| Backup::of(&SOURCE, source)).collect();
    let action = decide(object, &destination, &filled, volumes);
    Case {
        awaits_us: awaits_us(object, &action, &filled),
        target,
        repository: destination.repository(address),
        place: destination.place(address),
        backups,
        action,
        overwrites: overwrites(object, &destination),
        object: object.clone(),
        claims: filled,
    }
}

/// Whether a claim waits and VolSync has nothing more to do by itself.
fn awaits_us(object: &Object, action: &Action, claims: &[Object]) -> bool {
    let reading = Reading(object);
    let at_rest = reading.runs_since().is_none() && reading.ended().is_some() && reading.is_done();
    let due = *action == Action::Resume || (*action == Action::Restore && at_rest);
    due && claims.iter().any(|claim| claim.text("/status/phase") != Some("Bound"))
}

/// A Direct restore writes into a claim that exists. While its own first one goes on, nothing is lost by it.
fn overwrites(object: &Object, destination: &Destination) -> Option<String> {
    let CopyMethod::Direct(claim) = &destination.copy else { return None };
    let reading = Reading(object);
    let settled = reading.runs_since().is_none() && reading.ended().is_some() && reading.is_done();
    settled.then(|| claim.clone())
}

/// Whether `claim` is filled from the destination `object`.
fn fills(object: &Object, claim: &Object) -> bool {
    claim.namespace() == object.namespace()
        && claim.text("/spec/dataSourceRef/kind") == Some(DESTINATION.kind())
        && claim.text("/spec/dataSourceRef/apiGroup") == Some(DESTINATION.group())
        && claim.text("/spec/dataSourceRef/name") == Some(object.name())
}

/// Claims that kopiur fills are not VolSync's, and nothing here knows what its words are worth.
fn is_kopiurs(claim: &Object) -> bool {
    claim.text("/spec/dataSourceRef/apiGroup").is_some_and(|group| group.starts_with("kopiur."))
}

fn beyond(claim: &Object) -> String {
    format!("{} is filled by kopiur: it is neither restored nor judged here", claim.title())
}

/// What there is to do about a destination: what it says of itself, against what its claims are.
fn decide(object: &Object, destination: &Destination, claims: &[Object], volumes: &Collection) -> Action {
    let reading = Reading(object);
    if let Some(why) = skipped(object) {
        return Action::Nothing(why);
    }
    if reading.is_paused() {
        return Action::Refuse {
            why: "it is paused: it counts every trigger as done at once, and restores nothing".to_owned(),
            act: format!(
                "take the pause off: kubectl patch replicationdestination -n {} {} --type merge -p '{{\"spec\":{{\"paused\":false}}}}'",
                destination.namespace, destination.name
            ),
            holds: false,
        };
    }
    if mark::tag(object).is_some() && mark::tag(object) == reading.tag() {
        return Action::Resume;
    }
    let bound = |claim: &&Object| claim.text("/status/phase") == Some("Bound");
    let waits = claims.iter().any(|claim| !bound(&claim));
    let restored = reading.is_restored();
    // A claim is filled once. What an earlier image brought it, a later restore does not change.
    let ended = reading.ended().filter(|_| restored);
    let doubtful = claims.iter().filter(bound).find_map(|claim| Some((claim, doubt(object, claim, volumes, ended)?)));
    match (&destination.copy, doubtful) {
        (CopyMethod::Direct(_), _) if restored => {
            Action::Nothing(format!("restored at {} by its own trigger", at(object)))
        }
        (CopyMethod::Direct(claim), _) if mark::is_put_back(object) => put_back(claim),
        (CopyMethod::Snapshot, Some((claim, why))) => {
            // Of one that may hold good data, backups go on: only what is known to have failed or been empty is held.
            let holds = !restored && matches!(reading.said(), Said::Empty(_) | Said::Failed(_));
            Action::Refuse { why, act: again(claim), holds }
        }
        (CopyMethod::Snapshot, None) if restored && waits => {
            Action::Adopt("it restored by its own trigger, and a claim still waits for the image".to_owned())
        }
        (CopyMethod::Snapshot, None) if restored => {
            let filled = if claims.is_empty() { "" } else { ", its claims are bound" };
            Action::Nothing(format!("restored at {} by its own trigger{filled}", at(object)))
        }
        (CopyMethod::Snapshot, None) if !waits && !claims.is_empty() => {
            Action::Nothing("its claims were filled by a restore that was proven".to_owned())
        }
        _ => Action::Restore,
    }
}

fn at(object: &Object) -> &str {
    object.text("/status/lastSyncTime").unwrap_or("an unknown time")
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
            Said::Empty(words) | Said::Failed(words) => format!(" ({words})"),
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
fn put_back(claim: &str) -> Action {
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
    use serde_json::{Value, json};

    use super::*;
    use crate::annotation::RESTORING;
    use crate::restore::mark::RESTORE;

    fn destination(spec: Value, logs: &str) -> Object {
        let mut spec = spec;
        spec["trigger"] = json!({"manual": "once"});
        if spec["kopia"].is_null() {
            spec["kopia"] = json!({"repository": "s"});
        }
        Object::new(json!({"kind": "ReplicationDestination", "metadata": {"name": "app-dst", "namespace": "apps"},
            "spec": spec, "status": {"lastManualSync": "once", "lastSyncTime": "2026-01-01T00:00:00Z",
                "latestImage": {"name": "i"}, "latestMoverStatus": {"result": "Successful", "logs": logs}}}))
    }

    fn claim(phase: &str) -> Object {
        Object::new(json!({"kind": "PersistentVolumeClaim", "metadata": {"name": "app", "namespace": "apps", "uid": "u"},
            "spec": {"dataSourceRef": {"apiGroup": "volsync.backube", "kind": "ReplicationDestination", "name": "app-dst"}},
            "status": {"phase": phase}}))
        .with("spec", json!({"volumeName": "pv", "dataSourceRef":
            {"apiGroup": "volsync.backube", "kind": "ReplicationDestination", "name": "app-dst"}}))
    }

    fn volume(made: &str) -> Collection {
        let volume = Object::new(json!({"kind": "PersistentVolume", "spec": {"claimRef": {"uid": "u"}},
            "metadata": {"name": "pv", "creationTimestamp": made}}));
        [volume].into_iter().collect()
    }

    fn decided(object: &Object, claims: &[Object]) -> Action {
        decide(object, &Destination::of(object).unwrap(), claims, &volume("2026-01-01T00:00:05Z"))
    }

    const GOOD: &str = "Snapshot restore completed";
    const EMPTY: &str = "No eligible snapshots found";

    #[test]
    fn a_bound_claim_with_a_proven_restore_needs_nothing_and_a_waiting_one_the_rest() {
        let good = destination(json!({}), GOOD);
        assert!(matches!(decided(&good, &[claim("Bound")]), Action::Nothing(_)));
        assert!(matches!(decided(&good, &[claim("Pending")]), Action::Adopt(_)));
    }

    #[test]
    fn a_claim_that_was_filled_before_the_restore_is_refused_however_often_it_is_asked_for() {
        let good = destination(json!({}), GOOD);
        let decided =
            |claims: &[Object], volumes: &Collection| decide(&good, &Destination::of(&good).unwrap(), claims, volumes);
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
            let action = decide(&object, &Destination::of(&object).unwrap(), &[claim("Bound")], &old);
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

    #[test]
    fn a_claim_is_filled_by_what_it_names_in_its_own_namespace() {
        let object = destination(json!({}), "");
        assert!(fills(&object, &claim("Pending")));
        let mut other = claim("Pending");
        other.json_mut()["metadata"]["namespace"] = json!("media");
        assert!(!fills(&object, &other));
    }
}
