//! What the controllers write into a status, and which objects are healthy.

use fluxlift_core::Timestamp;
use fluxlift_sim::flux::health::is_healthy;
use fluxlift_sim::flux::history::{Entry, note};
use fluxlift_sim::flux::inventory::{id, of};
use serde_json::{Value, json};

#[test]
fn a_release_that_nobody_observed_is_not_healthy() {
    assert!(!is_healthy(&json!({"kind": "HelmRelease", "metadata": {"generation": 1},
        "status": {"observedGeneration": -1}})));
    assert!(is_healthy(&json!({"kind": "HelmRelease", "metadata": {"generation": 1}, "status": {
        "observedGeneration": 1, "conditions": [{"type": "Ready", "status": "True"}]}})));
    assert!(is_healthy(&json!({"kind": "ConfigMap", "metadata": {"name": "a"}})));
}

#[test]
fn the_same_content_with_the_same_outcome_is_counted_and_comes_first() {
    let (mut status, began) = (json!({}), Timestamp::UNIX_EPOCH);
    let mut end = |digest: &str, outcome: &str| {
        let (digest, metadata) = (digest.to_owned(), Value::Null);
        note(&mut status, Entry { digest, outcome, metadata, began, ended: began });
    };
    end("a", "Good");
    end("a", "Bad");
    end("a", "Good");
    let held: Vec<String> = status["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| format!("{} {}", entry["lastReconciledStatus"], entry["totalReconciliations"]))
        .collect();
    assert_eq!(held, ["\"Good\" 2", "\"Bad\" 1"]);
}

#[test]
fn an_entry_names_namespace_name_group_and_kind() {
    let release = json!({"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease",
        "metadata": {"name": "podinfo", "namespace": "apps"}});
    assert_eq!(
        of(&[release])["entries"][0],
        json!({"id": "apps_podinfo_helm.toolkit.fluxcd.io_HelmRelease", "v": "v2"})
    );
    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": "system:view"}});
    assert_eq!(id(&role), "_system__view_rbac.authorization.k8s.io_ClusterRole");
}
