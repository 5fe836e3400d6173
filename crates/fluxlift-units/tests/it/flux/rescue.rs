//! What is stuck after the sync is rescued by the unit itself, within its limits.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use fluxlift_core::{Deadline, Emitter, ErrorKind, EventKind};
use fluxlift_gate::Proof;
use fluxlift_sim::Options;
use fluxlift_sim::controllers::Program;
use fluxlift_sim::flux::kinds::HELM_RELEASES;
use fluxlift_sim::kube::wire::request::Verb;
use fluxlift_sim::kube::{Effect, Fault, Key, Reason, Status};
use serde_json::json;
use tokio::time::Instant;

use super::lab::{Lab, chain};

const TITLE: &str = "helmrelease/default/actual";
/// So many actions fail until its three retries are used up, twice.
const TWICE: u32 = 8;

/// A lab in which the actions of a release fail so often at first.
async fn failing(times: u32) -> Lab {
    let mut lab = Lab::new(Options::default());
    let key = Key::namespaced(&HELM_RELEASES, "default", "actual");
    lab.with(|world| world.flux.faults.failing_releases.insert(key, times));
    lab.apply("flux_operator").await;
    lab
}

/// What a rescue did to the release.
fn acts(lab: &Lab) -> Vec<String> {
    lab.steps().into_iter().filter(|step| step.ends_with(TITLE)).collect()
}

/// A lab in which `answers` meet whoever lists releases right after the delivered set is found to be stuck.
async fn unlucky(answers: Vec<Status>) -> Lab {
    let mut lab = failing(TWICE).await;
    let (datacenter, sink) = (lab.datacenter.clone(), Arc::clone(&lab.events));
    let answers = Mutex::new(Some(answers));
    lab.cx.events = Emitter::new(move |event| {
        let stuck = matches!(&event, EventKind::GateClosed { gate, .. } if gate.as_str() == "delivered set ready");
        if stuck && let Some(answers) = answers.lock().unwrap().take() {
            datacenter.with(|world| {
                for answer in answers {
                    world.kube.faults.add(Fault::any(1, Effect::Refuse(answer)).on(Verb::List, HELM_RELEASES));
                }
            });
        }
        sink.lock().unwrap().push(event);
    });
    lab
}

/// How often the delivered set was waited for.
fn waits(lab: &Lab) -> usize {
    let events = lab.events.lock().unwrap();
    let opened = |event: &&EventKind| matches!(event, EventKind::GateOpened { gate, .. } if gate.as_str() == "delivered set ready");
    events.iter().filter(opened).count()
}

#[tokio::test(start_paused = true)]
async fn a_look_that_fails_in_passing_is_repeated_and_the_wait_does_not_begin_again_and_again() {
    let counted = async |answers| {
        let mut lab = unlucky(answers).await;
        let applied = lab.apply("flux_instance").await;
        assert!(applied.shortfall.is_none(), "{:?}", applied.shortfall);
        assert_eq!(acts(&lab), [format!("reset {TITLE}"), format!("forced {TITLE}")]);
        waits(&lab)
    };
    let busy = || Status::new(500, Reason::InternalError, "etcd is busy");
    assert_eq!(counted(vec![busy(), busy(), busy()]).await, counted(Vec::new()).await);
}

#[tokio::test(start_paused = true)]
async fn a_look_that_is_refused_ends_the_wait_by_name_and_leaves_nothing_marked() {
    let mut lab = unlucky(vec![Status::new(403, Reason::Forbidden, "no right to list them any more")]).await;
    let error = lab.try_apply("flux_instance").await.unwrap_err();
    assert!(chain(&error).contains("no right to list them any more"), "{}", chain(&error));
    assert_eq!((acts(&lab), marks(&lab)), (Vec::new(), 0));
}

/// How many objects carry the mark of a rescue that has not ended.
fn marks(lab: &Lab) -> usize {
    let marked = |object: &serde_json::Value| !object["metadata"]["annotations"]["fluxlift.dev/rescue"].is_null();
    lab.with(|world| world.kube.api.all().filter(|(_, object)| marked(object)).count())
}

#[tokio::test(start_paused = true)]
async fn a_release_whose_retries_are_used_up_is_reset_then_forced_and_proven() {
    let mut lab = failing(TWICE).await;
    let applied = lab.apply("flux_instance").await;
    assert!(applied.shortfall.is_none(), "{:?}", applied.shortfall);
    assert_eq!(acts(&lab), [format!("reset {TITLE}"), format!("forced {TITLE}")]);
    assert_eq!((lab.tally().ready, marks(&lab)), (50, 0));
    // The others were ready before the first act: what it lacked had come by then.
    let proofs = lab.proofs();
    let held =
        |proof: &Proof| proof.verdict.to_string().contains("54 of 55 are ready; helmrelease/default/actual has failed");
    assert!(proofs.iter().any(held), "{proofs:#?}");
}

#[tokio::test(start_paused = true)]
async fn no_more_force_is_used_than_the_input_allows_and_what_stays_stuck_is_a_shortfall() {
    let mut lab = failing(u32::MAX).await;
    lab.more = json!({"rescue_max_force": 3});
    let applied = lab.apply("flux_instance").await;
    let shortfall = applied.shortfall.expect("a release that always fails was proven");
    assert_eq!(shortfall.kind(), ErrorKind::NotProven);
    assert!(chain(&*shortfall).contains("helmrelease/default/actual has failed"), "{}", chain(&*shortfall));
    assert_eq!(acts(&lab), [format!("reset {TITLE}")]);
    assert!(lab.warnings().iter().any(|warning| warning.contains("reset did not help")), "{:#?}", lab.warnings());
    assert_eq!(marks(&lab), 0);
    // Turned off, nothing is done.
    lab.events.lock().unwrap().clear();
    lab.more = json!({"rescue_max_force": 0});
    assert!(lab.apply("flux_instance").await.shortfall.is_some());
    assert_eq!(acts(&lab), [""; 0]);
    lab.more = json!({"rescue_max_force": 7});
    let error = lab.try_apply("flux_instance").await.unwrap_err();
    assert_eq!(error.to_string(), "rescue_max_force is 7, and there is no such force");
}

#[tokio::test(start_paused = true)]
async fn an_apply_that_is_killed_in_the_middle_of_a_rescue_is_gone_on_with() {
    let mut lab = failing(TWICE).await;
    let datacenter = lab.datacenter.clone();
    let reset = async {
        let marked = |object: &serde_json::Value| {
            let mark = object["metadata"]["annotations"]["fluxlift.dev/rescue"].as_str();
            mark.is_some_and(|mark| mark.starts_with("RetriesExceeded/3/"))
        };
        let key = Key::namespaced(&HELM_RELEASES, "default", "actual");
        while !datacenter.with(|world| world.kube.api.get(&key).is_some_and(marked)) {
            fluxlift_gate::pace(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        biased;
        applied = lab.try_apply("flux_instance") => panic!("it came to its end: {:?}", applied.map(|a| a.shortfall)),
        () = reset => {}
    }
    assert_eq!((acts(&lab), marks(&lab)), (vec![format!("reset {TITLE}")], 1));
    // The next run does not reset it again: it finds what was done, and goes on with the rung after it.
    lab.events.lock().unwrap().clear();
    let applied = lab.apply("flux_instance").await;
    assert!(applied.shortfall.is_none(), "{:?}", applied.shortfall);
    assert!(!acts(&lab).contains(&format!("reset {TITLE}")), "{:?}", acts(&lab));
    assert_eq!((lab.tally().ready, marks(&lab)), (50, 0));
}

#[tokio::test(start_paused = true)]
async fn a_proof_that_does_not_come_outlasts_the_wait_that_it_is_part_of_by_nothing() {
    let mut lab = failing(TWICE).await;
    lab.deadline = Deadline::minutes(6);
    let datacenter = lab.datacenter.clone();
    // helm-controller stops in the middle of the action that the reset has let it begin.
    let stopped = async {
        let begun = |object: &serde_json::Value| {
            let (asked, status) =
                (&object["metadata"]["annotations"]["reconcile.fluxcd.io/resetAt"], &object["status"]);
            let work = status["conditions"].as_array().into_iter().flatten();
            let mut work = work.filter(|condition| condition["type"] == "Reconciling" && condition["status"] == "True");
            asked.is_string()
                && *asked == status["lastHandledResetAt"]
                && work.any(|work| work["message"].as_str().is_some_and(|said| said.starts_with("Running '")))
        };
        let key = Key::namespaced(&HELM_RELEASES, "default", "actual");
        while !datacenter.with(|world| world.kube.api.get(&key).is_some_and(begun)) {
            fluxlift_gate::pace(Duration::from_millis(50)).await;
        }
        datacenter.with(|world| world.flux.faults.frozen.insert(Program::HelmController));
        std::future::pending::<()>().await;
    };
    let began = Instant::now();
    let applied = tokio::select! {
        biased;
        applied = lab.try_apply("flux_instance") => applied.unwrap(),
        () = stopped => unreachable!("it waits for ever"),
    };
    let shortfall = applied.shortfall.expect("a release that nobody works on was proven");
    assert_eq!((shortfall.kind(), marks(&lab)), (ErrorKind::NotProven, 0));
    assert_eq!(acts(&lab), [format!("reset {TITLE}")]);
    // A proof alone may take ten minutes.
    assert!(began.elapsed() < Duration::from_secs(8 * 60), "{:?}", began.elapsed());
}
