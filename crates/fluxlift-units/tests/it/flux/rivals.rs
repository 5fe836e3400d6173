//! Two runs on one cluster whose state is in different folders: neither sees the lock of the other.

use std::collections::BTreeSet;
use std::time::Duration;

use fluxlift_core::{ChangeKind, Deadline, ErrorKind, Timestamp};
use fluxlift_gate::pace;
use fluxlift_sim::controllers::Program;
use fluxlift_sim::kube::wire::request::Verb;
use fluxlift_sim::kube::{Caller, Effect, Fault, GroupResource, Key, Reason, Status};
use fluxlift_sim::{Datacenter, Options};
use serde_json::{Value as Json, json};

use super::lab::{Lab, chain};

const LEASES: GroupResource = GroupResource::LEASES;
const GRACE: &str = "grace@laptop (pid 7) running apply";

fn reservation(lab: &Lab) -> Option<Json> {
    lab.find("Lease", "default/fluxlift")
}

/// The reservation of another run, renewed just now.
fn reserved_by_another(lab: &Lab) {
    let now = lab.with(|world| world.now);
    lab.apply_object(json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {"name": "fluxlift", "namespace": "default", "annotations": {"fluxlift.dev/state": "theirs"}},
        "spec": {"holderIdentity": GRACE, "leaseDurationSeconds": 30, "renewTime": format!("{now:.6}")},
    }));
}

fn reservation_key() -> Key {
    Key::namespaced(&LEASES, "default", "fluxlift")
}

/// Writes the reservation as another run does.
fn change(datacenter: &Datacenter, how: impl FnOnce(&mut Json)) {
    let key = reservation_key();
    datacenter.with(|world| {
        let mut lease = world.kube.api.get(&key).cloned().unwrap();
        how(&mut lease);
        world.kube.api.update(&Caller::controller("theirs", world.now), &key, lease).unwrap();
    });
}

#[tokio::test(start_paused = true)]
async fn a_run_from_another_folder_is_refused_and_touches_nothing() {
    let mut lab = Lab::small(Options::default());
    lab.apply("flux_operator").await;
    reserved_by_another(&lab);
    let error = lab.try_apply("flux_instance").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LockHeld);
    assert!(error.to_string().contains(&format!("reserved by {GRACE}")), "{error}");
    assert!(error.hints()[1].to_string().contains("kubectl delete lease -n default fluxlift"), "{:?}", error.hints());
    assert_eq!(lab.find("FluxInstance", "flux"), None);
    let error = lab.destroy("flux_operator").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LockHeld);
    assert!(lab.find("Deployment", "flux-operator").is_some());
    assert_eq!(reservation(&lab).unwrap()["spec"]["holderIdentity"], GRACE);
    // To look is free.
    assert_eq!(lab.plan("flux_instance").await.kind, ChangeKind::Create);
}

#[tokio::test(start_paused = true)]
async fn a_cluster_is_reserved_for_as_long_as_a_run_lasts_and_free_afterwards() {
    let mut lab = Lab::small(Options::default());
    lab.apply("flux_operator").await;
    assert_eq!(reservation(&lab), None);
    lab.with(|world| world.flux.faults.not_leading.extend([Program::HelmController]));
    lab.deadline = Deadline::minutes(3);
    let (datacenter, mut renewals) = (lab.datacenter.clone(), BTreeSet::new());
    let looks = async {
        for _ in 0..24 {
            pace(Duration::from_secs(5)).await;
            let renewed: Timestamp = datacenter.with(|world| {
                let lease = world.kube.api.get(&reservation_key()).unwrap();
                lease["spec"]["renewTime"].as_str().unwrap().parse().unwrap()
            });
            renewals.insert(renewed);
            let ago = datacenter.with(|world| world.now).duration_since(renewed);
            assert!(ago.as_secs() <= 15, "not renewed for {ago}");
        }
    };
    let (failed, ()) = tokio::join!(lab.try_apply("flux_instance"), looks);
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::NotProven);
    assert!(renewals.len() >= 10, "{renewals:?}");
    assert_eq!(reservation(&lab), None);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_stopped_gives_the_cluster_back_even_while_it_is_being_renewed() {
    let mut lab = Lab::small(Options::default());
    lab.apply("flux_operator").await;
    lab.with(|world| world.flux.faults.not_leading.extend([Program::HelmController]));
    let late = Fault::any(1, Effect::Delay(Duration::from_secs(8)));
    lab.with(|world| world.kube.faults.add(late.on(Verb::Update, LEASES)));
    let (datacenter, cancel) = (lab.datacenter.clone(), lab.cx.cancel.clone());
    let stops = async {
        pace(Duration::from_secs(15)).await;
        let lease = datacenter.with(|world| world.kube.api.get(&reservation_key()).cloned().unwrap());
        assert_eq!(lease["spec"]["renewTime"], lease["spec"]["acquireTime"], "no renewal is on its way");
        cancel.cancel();
    };
    let (stopped, ()) = tokio::join!(lab.try_apply("flux_instance"), stops);
    assert_eq!(stopped.unwrap_err().kind(), ErrorKind::Interrupted);
    assert_eq!(reservation(&lab), None);
    pace(Duration::from_secs(30)).await;
    assert_eq!(reservation(&lab), None, "a renewal came after the end");
}

#[tokio::test(start_paused = true)]
async fn the_reservation_of_a_run_that_died_is_taken_over_once_it_stays_silent() {
    let mut lab = Lab::small(Options::default());
    reserved_by_another(&lab);
    pace(Duration::from_secs(31)).await;
    let before = lab.with(|world| world.now);
    lab.apply("flux_operator").await;
    let waited = lab.with(|world| world.now).duration_since(before).as_secs();
    assert!(waited >= 15, "it did not wait to be sure, but {waited}s");
    assert!(lab.warnings().iter().any(|warning| warning.contains(GRACE)), "{:#?}", lab.warnings());
    assert_eq!(reservation(&lab), None);
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_clock_is_behind_ours_is_not_taken_for_dead() {
    let mut lab = Lab::small(Options::default());
    reserved_by_another(&lab);
    pace(Duration::from_secs(40)).await;
    let datacenter = lab.datacenter.clone();
    let renews = async {
        pace(Duration::from_secs(10)).await;
        change(&datacenter, |lease| lease["spec"]["renewTime"] = json!("2026-01-01T00:00:05.000000Z"));
    };
    let (refused, ()) = tokio::join!(lab.try_apply("flux_operator"), renews);
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::LockHeld);
    assert_eq!(lab.find("Deployment", "flux-operator"), None);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_killed_is_followed_at_once_by_the_next_one_of_its_folder() {
    let mut lab = Lab::small(Options::default());
    lab.folder = "theirs";
    reserved_by_another(&lab);
    lab.apply("flux_operator").await;
    assert!(!lab.warnings().iter().any(|warning| warning.contains(GRACE)), "{:#?}", lab.warnings());
    assert_eq!(reservation(&lab), None);
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_reservation_was_taken_over_stops_and_leaves_it_alone() {
    let mut lab = Lab::small(Options::default());
    lab.apply("flux_operator").await;
    lab.with(|world| world.flux.faults.not_leading.extend([Program::HelmController]));
    let datacenter = lab.datacenter.clone();
    let usurps = async {
        pace(Duration::from_secs(25)).await;
        change(&datacenter, |lease| {
            lease["metadata"]["annotations"]["fluxlift.dev/state"] = json!("theirs");
            lease["spec"]["holderIdentity"] = json!(GRACE);
        });
    };
    let (lost, ()) = tokio::join!(lab.try_apply("flux_instance"), usurps);
    let error = lost.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
    assert!(error.to_string().contains(&format!("was taken over by {GRACE}")), "{}", chain(&error));
    assert_eq!(lab.tally().total, 0, "it went on although another run had the cluster");
    assert_eq!(reservation(&lab).unwrap()["spec"]["holderIdentity"], GRACE);
}

#[tokio::test(start_paused = true)]
async fn a_reservation_that_cannot_be_written_fails_the_run_and_one_whose_reply_was_lost_does_not() {
    let mut lab = Lab::small(Options::default());
    let denied = Status::new(403, Reason::Forbidden, "no leases for you");
    lab.with(|world| world.kube.faults.add(Fault::any(1, Effect::Refuse(denied)).on(Verb::Create, LEASES)));
    let error = lab.try_apply("flux_operator").await.unwrap_err();
    assert!(chain(&error).contains("no leases for you"), "{}", chain(&error));
    assert_eq!(lab.find("Deployment", "flux-operator"), None);
    for verb in [Verb::Create, Verb::Delete] {
        let lost = Fault::any(1, Effect::Drop { handled: true });
        lab.with(|world| world.kube.faults.add(lost.on(verb, LEASES)));
    }
    lab.apply("flux_operator").await;
    assert_eq!(reservation(&lab), None);
}
