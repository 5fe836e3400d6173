//! What waits for something that is ready by now is asked for, and does not wait for its controller's clock.

use std::time::Duration;

use fluxlift_sim::Options;
use fluxlift_sim::flux::kinds::HELM_RELEASES;
use fluxlift_sim::kube::wire::request::Verb;
use fluxlift_sim::kube::{Effect, Fault, Reason, Status};
use serde_json::json;

use super::lab::Lab;

/// A lab whose controllers look at dependencies again after half a minute, as they do by default.
async fn unhurried(more: serde_json::Value) -> Lab {
    let mut lab = Lab::new(Options::default());
    lab.more = json!({"kustomize_patches": []});
    lab.more.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    lab.apply("flux_operator").await;
    lab
}

/// How long the delivered set was waited for, by the datacenter's clock.
fn delivered_within(lab: &Lab) -> Duration {
    let proofs = lab.proofs();
    let proof = proofs.iter().rfind(|proof| proof.gate.as_str() == "delivered set ready").unwrap();
    assert!(proof.verdict.is_proven(), "{proof:?}");
    proof.waited
}

fn woken(lab: &Lab) -> usize {
    lab.steps().iter().filter(|step| step.starts_with("woke ")).count()
}

#[tokio::test(start_paused = true)]
async fn a_chain_of_releases_does_not_wait_for_its_controllers_clock() {
    let mut left_alone = unhurried(json!({"rescue_max_force": 0})).await;
    assert!(left_alone.apply("flux_instance").await.shortfall.is_none());
    let mut asked = unhurried(json!({})).await;
    assert!(asked.apply("flux_instance").await.shortfall.is_none());
    assert_eq!((woken(&left_alone), asked.tally().ready), (0, 50));
    assert!(woken(&asked) > 0, "{:#?}", asked.steps());
    let (slow, fast) = (delivered_within(&left_alone), delivered_within(&asked));
    assert!(fast + Duration::from_secs(60) < slow, "{fast:?} with requests, {slow:?} without");
    // Whoever is asked for is asked for once, and nothing else was done to anybody.
    let touched: Vec<_> = asked.steps().into_iter().filter(|step| step.starts_with("asked ")).collect();
    assert_eq!(touched, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_refused_is_told_once_and_everything_comes_without_it() {
    let mut lab = unhurried(json!({})).await;
    let answer = Status::new(403, Reason::Forbidden, "no right to write annotations");
    for name in ["grafana", "pgadmin"] {
        let fault = Fault::any(u32::MAX, Effect::Refuse(answer.clone())).on(Verb::Patch, HELM_RELEASES);
        lab.with(|world| world.kube.faults.add(Fault { name: Some(name.to_owned()), ..fault }));
    }
    let applied = lab.apply("flux_instance").await;
    assert!(applied.shortfall.is_none(), "{:?}", applied.shortfall);
    assert_eq!(lab.tally().ready, 50);
    let told = lab.warnings().into_iter().filter(|warning| warning.contains("no right to write annotations")).count();
    assert_eq!(told, 1, "{:#?}", lab.warnings());
}
