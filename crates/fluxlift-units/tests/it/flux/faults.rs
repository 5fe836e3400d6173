//! A wire that fails now and then: everything takes a little longer and nothing else changes.

use fluxlift_sim::Options;
use fluxlift_sim::kube::wire::request::Verb;
use fluxlift_sim::kube::{Effect, Fault, GroupResource, Status};

use super::infrastructure::RELEASES;
use super::lab::{Lab, chain};

fn trouble() -> Vec<Fault> {
    let strike = |skip, count, effect| Fault { skip, ..Fault::any(count, effect) };
    let of = |verb, count, effect| Fault { verbs: vec![verb], ..Fault::any(count, effect) };
    let busy = || Effect::Refuse(Status::too_many_requests(1));
    vec![
        strike(5, 2, busy()),
        strike(20, 1, Effect::Drop { handled: false }),
        strike(
            60,
            3,
            Effect::Refuse(Status::new(500, fluxlift_sim::kube::Reason::InternalError, "etcd has no leader")),
        ),
        of(Verb::Create, 2, Effect::Drop { handled: true }),
        of(Verb::Patch, 2, Effect::Drop { handled: true }),
        of(Verb::Watch, 3, Effect::WatchExpired),
        of(Verb::Watch, 5, Effect::WatchEnd),
        of(Verb::Delete, 1, Effect::Drop { handled: true }),
        strike(200, 5, busy()),
        strike(300, 2, Effect::Drop { handled: true }),
    ]
}

#[tokio::test(start_paused = true)]
async fn requests_that_fail_in_passing_delay_and_do_not_break_a_bring_up() {
    let mut lab = Lab::small(Options::default());
    for module in ["flux_operator", "flux_instance"] {
        lab.with(|world| world.kube.faults.0 = trouble());
        let applied = lab.apply(module).await;
        assert!(applied.shortfall.is_none());
    }
    assert_eq!(lab.tally().ready, RELEASES);
    assert!(lab.with(|world| world.referee.early().is_empty()));
    assert_eq!(lab.canaries(), [""; 0]);
    assert!(lab.warnings().iter().any(|warning| warning.contains("trying again")), "{:#?}", lab.warnings());
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_denies_canaries_is_quoted() {
    let mut lab = Lab::small(Options::default());
    lab.apply("flux_operator").await;
    let denial = "admission webhook \"policy.example.org\" denied the request: no interval above 30m";
    let refusal = Status::new(403, fluxlift_sim::kube::Reason::Forbidden, denial);
    let releases = GroupResource::known("helm.toolkit.fluxcd.io", "helmreleases");
    lab.with(|world| world.kube.faults.add(Fault::any(1, Effect::Refuse(refusal)).on(Verb::Create, releases)));
    let error = lab.try_apply("flux_instance").await.unwrap_err();
    assert!(chain(&error).contains(denial), "{}", chain(&error));
    assert!(error.hints()[0].to_string().contains("fluxlift.dev/canary"));
    assert_eq!(lab.tally().total, 0);
    assert_eq!(lab.canaries(), [""; 0]);
}
