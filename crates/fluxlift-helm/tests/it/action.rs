//! Install, upgrade and removal on a cluster of one map, and what is left when the run dies at any request.

use std::sync::Arc;

use fluxlift_core::clock::FixedClock;
use fluxlift_core::{Emitter, ErrorKind, Explain, GateName, Verdict};
use fluxlift_gate::GateError;
use fluxlift_helm::action::{Action, ActionError, Decision, Outcome, Plan, Request, Uninstalled};
use fluxlift_helm::chart::Chart;
use serde_json::{Value, json};

use crate::chart::{cluster as capabilities, flux_operator, identity};
use crate::cluster::FakeCluster;
use crate::release::at;

fn action(cluster: &FakeCluster) -> Action<'_> {
    Action::new(cluster, Arc::new(FixedClock(at(0))), Emitter::silent())
}

fn request(version: &str, values: Value) -> Request {
    let mut chart = flux_operator();
    chart.metadata.version = version.to_owned();
    let identity = identity();
    Request::new(identity.name, identity.namespace, chart, values, capabilities())
}

async fn plan(cluster: &FakeCluster, request: &Request) -> Plan {
    action(cluster).plan(request).await.unwrap()
}

async fn bring_up(cluster: &FakeCluster, request: &Request) -> Result<Outcome, ActionError> {
    let action = action(cluster);
    let plan = action.plan(request).await?;
    action.run(request, &plan, || async { Ok(()) }).await
}

async fn take_down(cluster: &FakeCluster) -> Result<Uninstalled, ActionError> {
    let identity = identity();
    action(cluster).uninstall(&identity.name, &identity.namespace).await
}

fn not_ready(cancelled: bool) -> GateError {
    let gate = GateName::new("deployment/flux-operator rolled out");
    let (waited, last) = (std::time::Duration::from_secs(5), Verdict::pending("0 of 1 available"));
    let unchanged_for = std::time::Duration::from_secs(3);
    if cancelled {
        GateError::Cancelled { gate, waited, last, unchanged_for }
    } else {
        GateError::Deadline { gate, waited, last, unchanged_for }
    }
}

const CRDS: [&str; 4] = ["fluxinstances", "fluxreports", "resourcesetinputproviders", "resourcesets"];

fn only_crds() -> Vec<String> {
    let mut keys: Vec<_> =
        CRDS.iter().map(|plural| format!("CustomResourceDefinition/{plural}.fluxcd.controlplane.io")).collect();
    keys.push("Namespace/flux-system".to_owned());
    keys
}

#[tokio::test]
async fn an_install_stores_pending_applies_in_order_and_ends_deployed() {
    let cluster = FakeCluster::default();
    let outcome = bring_up(&cluster, &request("0.58.1", json!({}))).await.unwrap();
    assert_eq!(outcome, Outcome { revision: 1, changed: true });
    insta::assert_snapshot!(cluster.take_log().join("\n"));
    assert_eq!(cluster.revisions(), ["1 deployed"]);
    let deployment = cluster.object("Deployment/flux-system/flux-operator").unwrap();
    assert_eq!(deployment["metadata"]["annotations"]["meta.helm.sh/release-name"], "flux-operator");
    assert_eq!(deployment["metadata"]["annotations"]["meta.helm.sh/release-namespace"], "flux-system");
}

#[tokio::test]
async fn a_second_apply_changes_nothing_and_still_asks_the_gates() {
    let cluster = FakeCluster::default();
    let request = request("0.58.1", json!({"replicas": 2}));
    bring_up(&cluster, &request).await.unwrap();
    cluster.take_log();
    let again = bring_up(&cluster, &request).await.unwrap();
    assert_eq!(again, Outcome { revision: 1, changed: false });
    assert!(cluster.take_log().is_empty());
    let same = plan(&cluster, &request).await;
    let error = action(&cluster).run(&request, &same, || async { Err(not_ready(false)) }).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotProven);
    assert_eq!(cluster.revisions(), ["1 deployed"]);
}

#[tokio::test]
async fn a_version_change_is_an_upgrade_that_removes_what_is_no_longer_rendered() {
    let cluster = FakeCluster::default();
    bring_up(&cluster, &request("0.58.0", json!({}))).await.unwrap();
    let next = request("0.58.1", json!({"rbac": {"createAggregation": false}, "installCRDs": false}));
    let planned = plan(&cluster, &next).await;
    assert!(matches!(planned.decision, Decision::Upgrade { from: 1, revision: 2, .. }));
    assert_eq!(planned.decision.reasons()[0], "the chart's version changes from 0.58.0 to 0.58.1");
    bring_up(&cluster, &next).await.unwrap();
    assert_eq!(cluster.revisions(), ["1 superseded", "2 deployed"]);
    let keys = cluster.keys();
    assert!(!keys.iter().any(|key| key.starts_with("ClusterRole/")), "{keys:?}");
    assert!(only_crds().iter().all(|crd| keys.contains(crd)), "{keys:?}");
}

#[tokio::test]
async fn an_object_that_somebody_deleted_is_put_back_by_an_upgrade() {
    let cluster = FakeCluster::default();
    let request = request("0.58.1", json!({}));
    bring_up(&cluster, &request).await.unwrap();
    assert!(cluster.remove("Service/flux-system/flux-operator"));
    let planned = plan(&cluster, &request).await;
    assert_eq!(planned.decision.reasons(), ["Service/flux-system/flux-operator is missing"]);
    bring_up(&cluster, &request).await.unwrap();
    assert!(cluster.object("Service/flux-system/flux-operator").is_some());
}

#[tokio::test]
async fn a_failed_install_is_marked_first_and_removes_all_but_definitions() {
    let cluster = FakeCluster::default();
    let request = request("0.58.1", json!({}));
    let first = plan(&cluster, &request).await;
    let error = action(&cluster).run(&request, &first, || async { Err(not_ready(false)) }).await.unwrap_err();
    assert_eq!(error.to_string(), "release flux-system/flux-operator was applied, but did not come up");
    assert_eq!(cluster.revisions(), ["1 failed"]);
    assert_eq!(cluster.keys(), only_crds());
    let log = cluster.take_log();
    let marked = log.iter().position(|line| line.starts_with("update Secret")).unwrap();
    let removed = log.iter().position(|line| line.starts_with("delete")).unwrap();
    assert!(marked < removed, "{log:?}");
    let again = plan(&cluster, &request).await;
    assert!(matches!(again.decision, Decision::TakeOver { left: 1, revision: 2, deployed_before: false, .. }));
    bring_up(&cluster, &request).await.unwrap();
    assert_eq!(cluster.revisions(), ["1 failed", "2 deployed"]);
}

#[tokio::test]
async fn an_interrupted_install_is_not_cleaned_up_and_not_left_pending() {
    let cluster = FakeCluster::default();
    let request = request("0.58.1", json!({}));
    let first = plan(&cluster, &request).await;
    let error = action(&cluster).run(&request, &first, || async { Err(not_ready(true)) }).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
    assert_eq!(cluster.revisions(), ["1 failed"]);
    assert!(cluster.object("Deployment/flux-system/flux-operator").is_some());
}

#[tokio::test]
async fn a_failed_upgrade_removes_only_what_it_created() {
    let cluster = FakeCluster::default();
    bring_up(&cluster, &request("0.58.0", json!({"rbac": {"createAggregation": false}}))).await.unwrap();
    let before = cluster.keys();
    cluster.refuse(Some("Deployment/flux-system/flux-operator"));
    let error = bring_up(&cluster, &request("0.58.1", json!({}))).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "applying Deployment/flux-system/flux-operator failed for release flux-system/flux-operator"
    );
    assert_eq!(cluster.keys(), before);
    assert_eq!(cluster.revisions(), ["1 deployed", "2 failed"]);
    cluster.refuse(None);
    bring_up(&cluster, &request("0.58.1", json!({}))).await.unwrap();
    assert_eq!(cluster.revisions(), ["1 superseded", "2 failed", "3 deployed"]);
}

#[tokio::test]
async fn objects_of_others_are_refused_before_anything_is_written() {
    let cluster = FakeCluster::default();
    cluster.put(json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {
            "name": "flux-operator", "namespace": "flux-system", "labels": {"app.kubernetes.io/managed-by": "Helm"},
            "annotations": {"meta.helm.sh/release-name": "other", "meta.helm.sh/release-namespace": "default"},
        },
    }));
    cluster.take_log();
    let mut request = request("0.58.1", json!({}));
    let error = bring_up(&cluster, &request).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "release flux-system/flux-operator would take over what is not its own: \
         Service/flux-system/flux-operator (of release default/other)"
    );
    assert!(cluster.take_log().is_empty());
    request.options.take_ownership = true;
    bring_up(&cluster, &request).await.unwrap();
}

#[tokio::test]
async fn two_runs_at_once_do_not_both_install() {
    let cluster = FakeCluster::default();
    let request = request("0.58.1", json!({}));
    let stale = plan(&cluster, &request).await;
    bring_up(&cluster, &request).await.unwrap();
    let error = action(&cluster).run(&request, &stale, || async { Ok(()) }).await.unwrap_err();
    assert!(matches!(error, ActionError::Raced { .. }), "{error}");
    assert_eq!(cluster.revisions(), ["1 deployed"]);
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_recognised_as_our_own() {
    let cluster = FakeCluster::default();
    cluster.stutter();
    bring_up(&cluster, &small("1.0.0", json!({}))).await.unwrap();
    bring_up(&cluster, &small("2.0.0", json!({}))).await.unwrap();
    assert_eq!(cluster.revisions(), ["1 superseded", "2 deployed"]);
    take_down(&cluster).await.unwrap();
}

#[tokio::test]
async fn a_removal_leaves_what_is_to_be_kept_and_lists_it() {
    let cluster = FakeCluster::default();
    bring_up(&cluster, &request("0.58.1", json!({}))).await.unwrap();
    cluster.take_log();
    let result = take_down(&cluster).await.unwrap();
    insta::assert_snapshot!(cluster.take_log().join("\n"));
    let kept: Vec<_> = result.kept.iter().map(ToString::to_string).collect();
    assert_eq!(kept.len(), 4, "{kept:?}");
    assert_eq!(cluster.keys(), only_crds());
    assert!(cluster.revisions().is_empty());
    assert_eq!(take_down(&cluster).await.unwrap(), Uninstalled::default());
}

#[tokio::test]
async fn a_release_that_is_being_removed_waits_for_a_person() {
    let cluster = FakeCluster::default();
    let request = request("0.58.1", json!({}));
    bring_up(&cluster, &request).await.unwrap();
    cluster.die_at(4, false);
    take_down(&cluster).await.unwrap_err();
    cluster.revive();
    let error = bring_up(&cluster, &request).await.unwrap_err();
    assert_eq!(error.to_string(), "revision 1 of release flux-system/flux-operator is uninstalling");
    assert_eq!(error.hints().len(), 1);
}

#[tokio::test]
async fn only_so_many_revisions_are_kept() {
    let cluster = FakeCluster::default();
    for replicas in 1..=13 {
        bring_up(&cluster, &small("1.0.0", json!({"replicas": replicas}))).await.unwrap();
    }
    let revisions = cluster.revisions();
    assert_eq!((revisions.len(), revisions[0].as_str(), revisions[9].as_str()), (10, "4 superseded", "13 deployed"));
}

/// Kills `doomed` at every request, before and after it takes effect, and hands what is left to `check`.
async fn killed_at_every_request(
    prepare: impl AsyncFn(&FakeCluster),
    doomed: impl AsyncFn(&FakeCluster) -> bool,
    check: impl AsyncFn(&FakeCluster, &str),
) {
    for last_takes_effect in [false, true] {
        for request in 0.. {
            let cluster = FakeCluster::default();
            prepare(&cluster).await;
            cluster.die_at(request, last_takes_effect);
            let survived = doomed(&cluster).await;
            cluster.revive();
            check(&cluster, &format!("killed at request {request}, effect {last_takes_effect}")).await;
            if survived {
                assert!(request > 10, "the run made only {request} requests");
                break;
            }
        }
    }
}

/// A chart that is quick to render: a definition that is kept, a service, a role that can be switched off, a deployment.
fn small(version: &str, values: Value) -> Request {
    let template = "{{- define \"object\" }}\n---\napiVersion: {{ .api }}\nkind: {{ .kind }}\nmetadata: {name: x}\n{{- end }}\n\
        ---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n\
        metadata: {name: xs.example.org, annotations: {helm.sh/resource-policy: keep}}\n\
        {{- include \"object\" (dict \"api\" \"v1\" \"kind\" \"Service\") }}\n\
        {{- if .Values.role }}{{ include \"object\" (dict \"api\" \"rbac.authorization.k8s.io/v1\" \"kind\" \"ClusterRole\") }}{{ end }}\n\
        {{- include \"object\" (dict \"api\" \"apps/v1\" \"kind\" \"Deployment\") }}\n";
    let chart = format!("apiVersion: v2\nname: small\nversion: {version}\n");
    let files = [("Chart.yaml", chart.as_str()), ("values.yaml", "role: true\n"), ("templates/all.yaml", template)];
    let files = files.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()));
    let identity = identity();
    let chart = Chart::from_files(files.into(), "the test").unwrap();
    Request::new(identity.name, identity.namespace, chart, values, capabilities())
}

#[tokio::test]
async fn what_somebody_has_annotated_to_be_kept_outlives_an_upgrade_that_no_longer_has_it() {
    for (kept, left) in [(false, WITHOUT_ROLE.to_vec()), (true, ALL.to_vec())] {
        let cluster = FakeCluster::default();
        bring_up(&cluster, &small("1.0.0", json!({}))).await.unwrap();
        if kept {
            let mut role = cluster.object("ClusterRole/x").unwrap();
            role["metadata"]["annotations"]["helm.sh/resource-policy"] = json!("keep");
            cluster.put(role);
        }
        bring_up(&cluster, &small("2.0.0", json!({"role": false}))).await.unwrap();
        assert_eq!(cluster.keys(), left, "{kept}");
    }
}

const KEPT: [&str; 2] = ["CustomResourceDefinition/xs.example.org", "Namespace/flux-system"];
const WITHOUT_ROLE: [&str; 4] = [KEPT[0], "Deployment/flux-system/x", KEPT[1], "Service/flux-system/x"];
const ALL: [&str; 5] = ["ClusterRole/x", KEPT[0], "Deployment/flux-system/x", KEPT[1], "Service/flux-system/x"];

fn one_deployed_and_none_pending(cluster: &FakeCluster, when: &str) {
    let revisions = cluster.revisions();
    assert!(!revisions.iter().any(|r| r.contains("pending")), "{when}: {revisions:?}");
    let deployed: Vec<_> = revisions.iter().filter(|r| r.ends_with(" deployed")).collect();
    assert_eq!(deployed, [revisions.last().unwrap()], "{when}: {revisions:?}");
}

#[tokio::test]
async fn an_install_that_dies_at_any_request_is_brought_to_its_end_by_the_next_run() {
    let wanted = small("2.0.0", json!({}));
    killed_at_every_request(
        async |_| {},
        async |cluster| bring_up(cluster, &wanted).await.is_ok(),
        async |cluster, when| {
            bring_up(cluster, &wanted).await.unwrap_or_else(|e| panic!("{when}: {e}"));
            one_deployed_and_none_pending(cluster, when);
            assert_eq!(cluster.keys(), ALL, "{when}");
            assert!(!bring_up(cluster, &wanted).await.unwrap().changed, "{when}");
        },
    )
    .await;
}

#[tokio::test]
async fn an_upgrade_that_dies_at_any_request_is_brought_to_its_end_by_the_next_run() {
    let wanted = small("2.0.0", json!({"role": false}));
    killed_at_every_request(
        async |cluster| {
            bring_up(cluster, &small("1.0.0", json!({}))).await.unwrap();
        },
        async |cluster| bring_up(cluster, &wanted).await.is_ok(),
        async |cluster, when| {
            bring_up(cluster, &wanted).await.unwrap_or_else(|e| panic!("{when}: {e}"));
            one_deployed_and_none_pending(cluster, when);
            assert_eq!(cluster.keys(), WITHOUT_ROLE, "{when}");
        },
    )
    .await;
}

#[tokio::test]
async fn a_removal_that_dies_at_any_request_is_gone_on_with() {
    killed_at_every_request(
        async |cluster| {
            bring_up(cluster, &small("1.0.0", json!({}))).await.unwrap();
            bring_up(cluster, &small("2.0.0", json!({}))).await.unwrap();
        },
        async |cluster| take_down(cluster).await.is_ok(),
        async |cluster, when| {
            take_down(cluster).await.unwrap_or_else(|e| panic!("{when}: {e}"));
            assert_eq!(cluster.keys(), KEPT, "{when}");
            assert!(cluster.revisions().is_empty(), "{when}");
        },
    )
    .await;
}
