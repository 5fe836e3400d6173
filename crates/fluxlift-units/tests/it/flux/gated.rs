//! Phases one and two, end to end.

use std::time::Duration;

use fluxlift_core::{ChangeKind, Value};
use fluxlift_sim::Options;
use fluxlift_sim::referee::Tally;
use serde_json::json;

use super::lab::Lab;

const ALL: Tally = Tally { total: 50, ready: 50, unobserved: 0 };

fn options(cache_sync: u64) -> Options {
    Options { cache_sync: Duration::from_secs(cache_sync), ..Options::default() }
}

#[tokio::test(start_paused = true)]
async fn fifty_releases_are_ready_and_none_was_created_before_every_canary_was_handled() {
    for cache_sync in [0, 60] {
        let mut lab = Lab::new(options(cache_sync));
        let applied = lab.apply("flux_operator").await;
        assert_eq!(applied.outputs["namespace"], Value::from("flux-system"));
        let applied = lab.apply("flux_instance").await;
        assert!(applied.shortfall.is_none(), "{:?}", applied.shortfall);
        assert_eq!(applied.outputs["flux_ready"], Value::from(true));
        assert_eq!(applied.outputs["sync_path"], Value::from("kubernetes/clusters/cluster-101"));
        assert_eq!(lab.tally(), ALL, "cache sync {cache_sync}");
        let early: Vec<_> = lab.with(|world| world.referee.early().into_iter().cloned().collect());
        assert!(early.is_empty(), "{early:?}");
        assert_eq!(lab.canaries(), [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn the_versions_of_the_request_converge_too() {
    let mut lab = Lab::of_2_4(options(20));
    lab.apply("flux_operator").await;
    let applied = lab.apply("flux_instance").await;
    assert!(applied.shortfall.is_none(), "{:?}", applied.shortfall);
    assert_eq!(lab.tally(), ALL);
}

#[tokio::test(start_paused = true)]
async fn every_gate_of_the_order_is_in_the_ledger() {
    let mut lab = Lab::new(Options::default());
    lab.apply("flux_operator").await;
    let mut gates = lab.gates();
    gates.sort();
    insta::assert_yaml_snapshot!(gates);
    lab.apply("flux_instance").await;
    let gates = lab.gates();
    let at = |name: &str| gates.iter().position(|gate| gate == name).unwrap_or_else(|| panic!("{name} in {gates:#?}"));
    assert!(at("canary helm-controller HelmRelease") < at("path helm-controller to source-controller"));
    assert!(at("path kustomize-controller to source-controller") < at("gitrepository/flux-system/flux-system ready"));
    assert_eq!(gates.iter().filter(|gate| gate.starts_with("canary source-controller")).count(), 5);
    assert_eq!(gates.last().unwrap(), "delivered set ready");
    assert!(lab.proofs().iter().all(|proof| proof.verdict.is_proven()), "{:#?}", lab.proofs());
}

#[tokio::test(start_paused = true)]
async fn a_second_apply_is_no_change() {
    let mut lab = Lab::new(Options::default());
    for module in ["flux_operator", "flux_instance"] {
        assert_eq!(lab.plan(module).await.kind, ChangeKind::Create);
        lab.apply(module).await;
        let change = lab.plan(module).await;
        assert_eq!(change.kind, ChangeKind::None, "{module}: {:?}", change.reasons);
    }
    let before = lab.find("FluxInstance", "flux").unwrap();
    let report = lab.find("FluxReport", "flux").unwrap();
    for module in ["flux_operator", "flux_instance"] {
        lab.apply(module).await;
        assert_eq!(lab.plan(module).await.kind, ChangeKind::None);
    }
    let after = lab.find("FluxInstance", "flux").unwrap();
    assert_eq!(after["metadata"]["generation"], before["metadata"]["generation"]);
    assert_eq!(lab.find("FluxReport", "flux").unwrap()["metadata"]["uid"], report["metadata"]["uid"]);
    assert!(!lab.gates().iter().any(|gate| gate.starts_with("canary")), "{:#?}", lab.gates());
}

#[tokio::test(start_paused = true)]
async fn the_age_key_becomes_a_secret_and_a_patch_of_the_root() {
    let mut lab = Lab::new(Options::default());
    lab.apply("flux_operator").await;
    lab.apply("flux_instance").await;
    let secret = lab.find("Secret", "sops-age").unwrap();
    assert!(secret["data"]["age.agekey"].is_string());
    let root = lab.find("Kustomization", "flux-system").unwrap();
    assert_eq!(root["spec"]["decryption"], json!({"provider": "sops", "secretRef": {"name": "sops-age"}}));
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_order_of_events() {
    let run = async || {
        let mut lab = Lab::new(Options::default());
        lab.apply("flux_operator").await;
        lab.apply("flux_instance").await;
        let events = lab.events.lock().unwrap();
        events.iter().map(|event| format!("{event:?}")).collect::<Vec<_>>()
    };
    let (first, second) = (run().await, run().await);
    for (at, (one, other)) in first.iter().zip(&second).enumerate() {
        assert_eq!(one, other, "event {at}");
    }
    assert_eq!(first.len(), second.len());
}
