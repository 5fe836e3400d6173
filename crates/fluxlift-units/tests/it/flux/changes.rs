//! A live instance: changed, drifted, guarded, destroyed.

use std::time::Duration;

use fluxlift_core::{ChangeKind, Deadline};
use fluxlift_sim::Options;
use fluxlift_sim::controllers::Program;
use fluxlift_sim::flux::Faults;
use fluxlift_sim::kube::Key;
use serde_json::json;

use super::infrastructure::RELEASES;
use super::lab::{Lab, chain};

async fn converged() -> Lab {
    let mut lab = Lab::small(Options { cache_sync: Duration::from_secs(5), ..Options::default() });
    lab.apply("flux_operator").await;
    lab.apply("flux_instance").await;
    lab
}

#[tokio::test(start_paused = true)]
async fn a_change_of_version_keeps_the_sync_and_is_proven_after_its_rollout() {
    let mut lab = Lab::small(Options::default());
    lab.flux_version = "2.8.3";
    lab.apply("flux_operator").await;
    lab.apply("flux_instance").await;
    let root = lab.find("Kustomization", "flux-system").unwrap();
    lab.flux_version = "2.9.4";
    let change = lab.plan("flux_instance").await;
    assert_eq!((change.kind, change.reasons), (ChangeKind::Update, vec!["spec.distribution.version".to_owned()]));
    lab.apply("flux_instance").await;
    let gates = lab.gates();
    let at = |name: &str| gates.iter().position(|gate| gate == name).unwrap_or_else(|| panic!("{name} in {gates:#?}"));
    assert!(at("fluxinstance/flux ready") < at("leader of helm-controller is current"));
    assert!(at("leader of helm-controller is current") < at("canary helm-controller HelmRelease"));
    assert_eq!(lab.find("Kustomization", "flux-system").unwrap()["metadata"]["uid"], root["metadata"]["uid"]);
    assert_eq!(lab.tally().ready, RELEASES);
    assert_eq!(lab.canaries(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_change_whose_canaries_failed_is_proven_by_the_next_run_and_not_taken_for_done() {
    let mut lab = converged().await;
    lab.flux_version = "2.8.3";
    lab.deadline = Deadline::minutes(2);
    lab.with(|world| {
        world.flux.faults.without_status_rights.extend([Program::HelmController]);
    });
    lab.try_apply("flux_instance").await.expect_err("a controller without rights was proven");
    let change = lab.plan("flux_instance").await;
    assert_eq!(change.kind, ChangeKind::Update);
    assert!(change.reasons[0].contains("not proven since"), "{:?}", change.reasons);
    lab.try_apply("flux_instance").await.expect_err("the second run believed the first");
    lab.with(|world| world.flux.faults = Faults::default());
    lab.apply("flux_instance").await;
    assert!(lab.gates().iter().any(|gate| gate == "canary helm-controller HelmRelease"), "{:#?}", lab.gates());
    assert_eq!(lab.plan("flux_instance").await.kind, ChangeKind::None);
}

#[tokio::test(start_paused = true)]
async fn canaries_that_lie_around_are_swept_although_nothing_changes() {
    let mut lab = converged().await;
    lab.apply_object(json!({"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease",
        "metadata": {"name": "fluxlift-canary-left", "namespace": "flux-system",
            "labels": {"fluxlift.dev/canary": "of-a-crashed-run"}},
        "spec": {"suspend": true, "interval": "1h", "chartRef": {"kind": "OCIRepository", "name": "none"}}}));
    assert_eq!(lab.canaries().len(), 1);
    lab.apply("flux_instance").await;
    assert_eq!(lab.canaries(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_secret_of_somebody_else_gets_our_key_and_survives_a_destroy() {
    let mut lab = Lab::small(Options::default());
    lab.apply("flux_operator").await;
    lab.apply_object(json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": {"name": "sops-age", "namespace": "flux-system"}, "data": {"other.agekey": "eA=="}}));
    lab.apply("flux_instance").await;
    assert_eq!(lab.plan("flux_instance").await.kind, ChangeKind::None);
    lab.destroy("flux_instance").await.unwrap();
    assert_eq!(lab.find("Secret", "sops-age").unwrap()["data"]["other.agekey"], "eA==");
}

#[tokio::test(start_paused = true)]
async fn components_without_which_nothing_is_followed_are_demanded() {
    let lab = Lab::small(Options::default());
    let mut inputs = lab.inputs("flux_instance");
    inputs["flux_components"] = json!(["source-watcher"]);
    let error = lab.unit("flux_instance", inputs).apply(&lab.unit_cx("flux_instance")).await.unwrap_err();
    assert_eq!(error.to_string(), "flux_components does not name source-controller");
}

#[tokio::test(start_paused = true)]
async fn a_report_that_an_earlier_install_left_is_not_believed() {
    let mut lab = Lab::small(Options::default());
    lab.apply("flux_operator").await;
    let before = lab.find("FluxReport", "flux").unwrap();
    // The state was lost: the release is there and the same, but its report was never proven by us.
    lab.forget("flux_operator");
    lab.apply("flux_operator").await;
    let after = lab.find("FluxReport", "flux").unwrap();
    assert_ne!(after["metadata"]["uid"], before["metadata"]["uid"]);
}

#[tokio::test(start_paused = true)]
async fn an_upgrade_of_the_operator_demands_a_new_report() {
    let mut lab = Lab::small(Options::default());
    lab.operator_version = "0.58.0";
    lab.apply("flux_operator").await;
    let before = lab.find("FluxReport", "flux").unwrap();
    lab.operator_version = "0.58.1";
    assert_eq!(lab.plan("flux_operator").await.kind, ChangeKind::Update);
    lab.apply("flux_operator").await;
    let after = lab.find("FluxReport", "flux").unwrap();
    assert_ne!(after["metadata"]["uid"], before["metadata"]["uid"]);
    assert_eq!(lab.plan("flux_operator").await.kind, ChangeKind::None);
}

#[tokio::test(start_paused = true)]
async fn an_instance_edited_by_hand_is_drift_and_is_put_back() {
    let mut lab = converged().await;
    lab.apply_object(json!({"apiVersion": "fluxcd.controlplane.io/v1", "kind": "FluxInstance",
        "metadata": {"name": "flux", "namespace": "flux-system"},
        "spec": {"distribution": {"version": "2.8.3", "registry": "ghcr.io/fluxcd"}}}));
    let change = lab.plan("flux_instance").await;
    assert_eq!((change.kind, change.reasons), (ChangeKind::Update, vec!["spec.distribution.version".to_owned()]));
    lab.apply("flux_instance").await;
    assert_eq!(lab.find("FluxInstance", "flux").unwrap()["spec"]["distribution"]["version"], "2.9.4");
    assert_eq!(lab.plan("flux_instance").await.kind, ChangeKind::None);
}

#[tokio::test(start_paused = true)]
async fn another_folder_for_a_live_sync_is_refused() {
    let lab = converged().await;
    let mut inputs = lab.inputs("flux_instance");
    inputs["git_path"] = json!("kubernetes/clusters/cluster-102");
    let error = lab.unit("flux_instance", inputs).apply(&lab.unit_cx("flux_instance")).await.unwrap_err();
    assert!(chain(&error).contains("would be moved"), "{}", chain(&error));
    assert_eq!(lab.tally().ready, RELEASES);
}

#[tokio::test(start_paused = true)]
async fn a_root_that_flux_bootstrap_left_is_found_and_named() {
    let mut lab = converged().await;
    // What `flux bootstrap` leaves: the same objects without an instance.
    lab.with(|world| {
        for (group, resource) in
            [("kustomize.toolkit.fluxcd.io", "kustomizations"), ("source.toolkit.fluxcd.io", "gitrepositories")]
        {
            let gr = fluxlift_sim::kube::GroupResource::known(group, resource);
            let key = Key::namespaced(&gr, "flux-system", "flux-system");
            let caller = fluxlift_sim::kube::Caller::controller("tests", world.now);
            let disown = |object: &mut serde_json::Value| object["metadata"]["labels"] = json!({});
            world.kube.api.modify(&caller, &key, fluxlift_sim::kube::Part::Object, disown).unwrap();
        }
        let caller = fluxlift_sim::kube::Caller::controller("tests", world.now);
        let gr = fluxlift_sim::kube::GroupResource::known("fluxcd.controlplane.io", "fluxinstances");
        let key = Key::namespaced(&gr, "flux-system", "flux");
        let free = |object: &mut serde_json::Value| object["metadata"]["finalizers"] = json!([]);
        world.kube.api.modify(&caller, &key, fluxlift_sim::kube::Part::Object, free).unwrap();
        world.kube.api.delete(&caller, &key, &fluxlift_sim::kube::DeleteOptions::default()).unwrap();
    });
    let error = lab.try_apply("flux_instance").await.unwrap_err();
    assert!(error.to_string().contains("kustomization/flux-system/flux-system already reconciles"), "{error}");
    let hint = error.hints()[0].to_string();
    assert!(hint.contains("`fluxlift migrate`"), "{hint}");
}

#[tokio::test(start_paused = true)]
async fn a_definition_that_is_not_served_yet_holds_no_root_and_stops_no_plan() {
    let mut lab = Lab::small(Options { crd_establish: std::time::Duration::from_mins(1), ..Options::default() });
    lab.apply("flux_operator").await;
    // What a run leaves that was killed while flux-operator brought the definitions.
    lab.apply_object(json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "ocirepositories.source.toolkit.fluxcd.io"},
        "spec": {
            "group": "source.toolkit.fluxcd.io",
            "scope": "Namespaced",
            "names": {"kind": "OCIRepository", "listKind": "OCIRepositoryList", "plural": "ocirepositories", "singular": "ocirepository"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object"}}}],
        },
    }));
    assert_eq!(lab.plan("flux_instance").await.kind, ChangeKind::Create);
}

#[tokio::test(start_paused = true)]
async fn one_broken_application_is_a_shortfall_and_the_outputs_are_kept() {
    let mut lab = Lab::small(Options::default());
    lab.apply("flux_operator").await;
    let gr = fluxlift_sim::kube::GroupResource::known("helm.toolkit.fluxcd.io", "helmreleases");
    let name = "cert-manager";
    let key = Key::namespaced(&gr, name, name);
    lab.with(|world| world.flux.faults.failing_releases.extend([(key, u32::MAX)]));
    let applied = lab.apply("flux_instance").await;
    if let Some(shortfall) = &applied.shortfall {
        assert_eq!(shortfall.kind(), fluxlift_core::ErrorKind::NotProven);
        assert!(chain(shortfall.as_ref()).contains(name), "{}", chain(shortfall.as_ref()));
    } else {
        panic!("a broken application was not noticed: {:?}", lab.tally());
    }
    assert_eq!(applied.outputs["flux_ready"], fluxlift_core::Value::from(true));
}

#[tokio::test(start_paused = true)]
async fn destroying_both_leaves_nothing_of_ours_but_what_is_said() {
    let lab = converged().await;
    let error = lab.destroy("flux_operator").await.unwrap_err();
    assert!(error.to_string().contains("still exists"), "{error}");
    lab.destroy("flux_instance").await.unwrap();
    assert!(lab.find("FluxInstance", "flux").is_none());
    assert!(lab.find("Secret", "sops-age").is_none());
    assert!(lab.warnings().iter().any(|w| w.contains("was left running")), "{:#?}", lab.warnings());
    lab.destroy("flux_operator").await.unwrap();
    assert!(lab.find("Deployment", "flux-operator").is_none());
    let kept = lab.warnings().iter().filter(|w| w.contains("was left, as its chart asks")).count();
    assert_eq!(kept, 4, "{:#?}", lab.warnings());
    lab.destroy("flux_instance").await.unwrap();
    lab.destroy("flux_operator").await.unwrap();
}
