//! The canaries, and what each of them proves.

use std::time::Duration;

use fluxlift_sim::Options;
use fluxlift_sim::controllers::{Program, conditions};
use fluxlift_sim::flux::{PathFault, kinds::REQUESTED_AT};
use serde_json::{Value, json};

use super::lab::{Lab, instance};

const TOKEN: &str = "2026-01-01T00:00:00Z/4711";

fn canary(api_version: &str, kind: &str, mut spec: Value) -> Value {
    spec["suspend"] = json!(true);
    json!({"apiVersion": api_version, "kind": kind, "spec": spec, "metadata": {"name": "canary-x1",
        "namespace": "flux-system", "labels": {"fluxlift.dev/canary": "x1"}, "annotations": {REQUESTED_AT: TOKEN}}})
}

fn release() -> Value {
    let spec = json!({"interval": "1h", "chartRef": {"kind": "OCIRepository", "name": "nowhere"}});
    canary("helm.toolkit.fluxcd.io/v2", "HelmRelease", spec)
}

fn is_echoed(lab: &Lab, kind: &str) -> bool {
    lab.get(kind, "canary-x1")["status"]["lastHandledReconcileAt"] == TOKEN
}

#[test]
fn a_suspended_release_is_echoed_first_and_observed_three_quarters_of_a_second_later() {
    let mut lab = Lab::running(Options::default());
    lab.apply(release());
    assert_eq!(lab.observed("HelmRelease", "canary-x1"), -1);
    lab.until(5, "the echo", |lab| is_echoed(lab, "HelmRelease"));
    assert_eq!(lab.get("HelmRelease", "canary-x1")["metadata"]["finalizers"], json!(["finalizers.fluxcd.io"]));
    assert_eq!(lab.observed("HelmRelease", "canary-x1"), -1);
    let took = lab.until(5, "the second pass", |lab| lab.observed("HelmRelease", "canary-x1") == 1);
    assert!((0.7..0.9).contains(&took), "{took}");
    assert_eq!(lab.get("HelmRelease", "canary-x1")["status"]["conditions"], Value::Null);
    lab.delete("HelmRelease", "canary-x1");
    lab.pass(0.1);
    assert_eq!(lab.find("HelmRelease", "canary-x1"), None);
}

#[test]
fn suspended_sources_kustomizations_and_receivers_echo_and_stay_unobserved() {
    let mut lab = Lab::running(Options::default());
    let source = "source.toolkit.fluxcd.io/v1";
    let all = [
        canary(source, "GitRepository", json!({"interval": "1h", "url": "https://example.invalid/x.git"})),
        canary(source, "OCIRepository", json!({"interval": "1h", "url": "oci://example.invalid/x"})),
        canary(source, "HelmRepository", json!({"interval": "1h", "url": "https://example.invalid"})),
        canary(
            source,
            "HelmChart",
            json!({"interval": "1h", "chart": "x",
            "sourceRef": {"kind": "HelmRepository", "name": "nowhere"}}),
        ),
        canary(source, "Bucket", json!({"interval": "1h", "bucketName": "x", "endpoint": "example.invalid"})),
        canary(
            "kustomize.toolkit.fluxcd.io/v1",
            "Kustomization",
            json!({"interval": "1h", "prune": false,
            "sourceRef": {"kind": "GitRepository", "name": "nowhere"}}),
        ),
        canary(
            "notification.toolkit.fluxcd.io/v1",
            "Receiver",
            json!({"type": "generic",
            "resources": [{"kind": "GitRepository", "name": "nowhere"}], "secretRef": {"name": "nowhere"}}),
        ),
    ];
    for object in &all {
        lab.apply(object.clone());
    }
    lab.pass(1.5);
    for kind in all.iter().map(|object| object["kind"].as_str().unwrap()) {
        assert!(is_echoed(&lab, kind), "{kind}");
        assert_eq!(lab.observed(kind, "canary-x1"), -1, "{kind}");
        lab.delete(kind, "canary-x1");
    }
    lab.pass(0.1);
    assert!(all.iter().all(|object| lab.find(object["kind"].as_str().unwrap(), "canary-x1").is_none()));
}

#[test]
fn a_repository_of_oci_type_is_static_and_proves_nothing() {
    let mut lab = Lab::running(Options::default());
    let spec = json!({"interval": "1h", "type": "oci", "url": "oci://example.invalid/x"});
    lab.apply(canary("source.toolkit.fluxcd.io/v1", "HelmRepository", spec));
    lab.pass(60.0);
    assert!(!is_echoed(&lab, "HelmRepository"));
}

#[test]
fn available_deployments_prove_nothing_while_caches_are_held() {
    let mut lab = Lab::operated(Options::default());
    lab.world.flux.faults.held.insert(Program::HelmController, Duration::from_secs(60));
    lab.apply(instance("2.9.4", false));
    lab.until(120, "the controllers", Lab::controllers_are_available);
    lab.apply(release());
    lab.pass(50.0);
    assert!(!is_echoed(&lab, "HelmRelease"));
    lab.until(30, "the echo", |lab| is_echoed(lab, "HelmRelease"));
}

#[test]
fn a_controller_that_is_frozen_not_leading_or_without_rights_proves_nothing() {
    type Break = fn(&mut Lab);
    let breaks: [(&str, Break); 3] = [
        ("frozen", |lab| lab.world.flux.faults.frozen = [Program::HelmController].into()),
        ("not leading", |lab| lab.world.flux.faults.not_leading = [Program::HelmController].into()),
        ("without rights", |lab| lab.world.flux.faults.without_status_rights = [Program::HelmController].into()),
    ];
    for (what, break_it) in breaks {
        let mut lab = Lab::operated(Options::default());
        break_it(&mut lab);
        lab.apply(instance("2.9.4", false));
        lab.until(120, "the controllers", Lab::controllers_are_available);
        lab.apply(release());
        lab.pass(120.0);
        assert!(!is_echoed(&lab, "HelmRelease"), "{what}");
        let finalized = lab.get("HelmRelease", "canary-x1")["metadata"]["finalizers"].is_array();
        assert_eq!(finalized, what == "without rights", "metadata is patched before status: {what}");
    }
}

/// The artifact that the path canaries point to: at source-controller's address, and not there.
fn by_hand() -> Value {
    json!({"observedGeneration": 1, "artifact": {"path": "none.tar.gz", "revision": "none@sha256:0",
        "digest": "sha256:0000000000000000000000000000000000000000000000000000000000000000",
        "lastUpdateTime": "2026-01-01T00:00:00Z",
        "url": "http://source-controller.flux-system.svc.cluster.local./none/none/none.tar.gz"}})
}

fn send_path_canaries(lab: &mut Lab) {
    let source = "source.toolkit.fluxcd.io/v1";
    let chart = json!({"interval": "1h", "chart": "x", "sourceRef": {"kind": "HelmRepository", "name": "nowhere"}});
    lab.apply_with_status(canary(source, "HelmChart", chart), &by_hand());
    let repository = json!({"interval": "1h", "url": "https://example.invalid/x.git"});
    lab.apply_with_status(canary(source, "GitRepository", repository), &by_hand());
    let awake = |mut object: Value| {
        object["spec"]["suspend"] = json!(false);
        object
    };
    let spec = json!({"interval": "1h", "chartRef": {"kind": "HelmChart", "name": "canary-x1"}});
    lab.apply(awake(canary("helm.toolkit.fluxcd.io/v2", "HelmRelease", spec)));
    let spec = json!({"interval": "1h", "prune": false, "sourceRef": {"kind": "GitRepository", "name": "canary-x1"}});
    lab.apply(awake(canary("kustomize.toolkit.fluxcd.io/v1", "Kustomization", spec)));
}

fn refusal(lab: &Lab, kind: &str) -> String {
    let object = lab.get(kind, "canary-x1");
    let ready = conditions::get(&object, "Ready").cloned().unwrap_or_default();
    format!("{} {}: {}", ready["status"], ready["reason"], ready["message"])
}

#[test]
fn a_path_canary_is_answered_by_source_controller_itself() {
    let mut lab = Lab::running(Options::default());
    send_path_canaries(&mut lab);
    lab.pass(2.0);
    assert_eq!(
        refusal(&lab, "HelmRelease"),
        r#""False" "ArtifactFailed": "Source not ready: artifact not found. Retrying in 5s""#
    );
    assert_eq!(
        refusal(&lab, "Kustomization"),
        r#""False" "ArtifactFailed": "Source is not ready, artifact not found, retrying in 5s""#
    );
    for kind in ["HelmRelease", "Kustomization"] {
        assert_eq!(lab.observed(kind, "canary-x1"), -1);
        lab.delete(kind, "canary-x1");
    }
    lab.pass(0.3);
    assert_eq!(lab.find("HelmRelease", "canary-x1"), None);
    assert_eq!(lab.find("Kustomization", "canary-x1"), None);
}

#[test]
fn a_broken_path_shows_only_unfulfilled_prerequisites_and_holds_the_worker_for_minutes() {
    for fault in [PathFault::Refused, PathFault::BlackHole, PathFault::NoSuchName] {
        let mut lab = Lab::running(Options::default());
        lab.world.flux.faults.path = fault;
        send_path_canaries(&mut lab);
        lab.pass(60.0);
        let release = lab.get("HelmRelease", "canary-x1");
        assert_eq!(conditions::get(&release, "Ready"), None, "{fault:?}");
        let reconciling = conditions::get(&release, "Reconciling").unwrap();
        assert_eq!(reconciling["message"], "Fulfilling prerequisites");
        lab.delete("HelmRelease", "canary-x1");
        lab.pass(60.0);
        assert!(lab.find("HelmRelease", "canary-x1").is_some(), "its deletion waits too: {fault:?}");
        lab.until(520, "the end of the retries", |lab| lab.find("HelmRelease", "canary-x1").is_none());
    }
}
