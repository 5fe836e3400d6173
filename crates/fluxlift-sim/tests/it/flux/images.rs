//! What the image controllers do with an object that asks for nothing, or for what cannot be.

use fluxlift_sim::Options;
use fluxlift_sim::controllers::conditions;
use fluxlift_sim::flux::kinds::REQUESTED_AT;
use serde_json::{Value, json};

use super::lab::{Lab, instance};

const TOKEN: &str = "2026-01-01T00:00:00Z/4711";

fn lab(version: &str) -> Lab {
    let mut lab = Lab::operated(Options::default());
    let mut instance = instance(version, false);
    instance["spec"]["components"] = json!([
        "source-controller",
        "kustomize-controller",
        "helm-controller",
        "notification-controller",
        "image-reflector-controller",
        "image-automation-controller"
    ]);
    lab.apply(instance);
    lab.until(120, "the controllers", Lab::controllers_are_available);
    lab.pass(30.0);
    lab
}

fn object(version: &str, kind: &str, spec: Value) -> Value {
    json!({"apiVersion": format!("image.toolkit.fluxcd.io/{version}"), "kind": kind, "spec": spec,
        "metadata": {"name": "x1", "namespace": "flux-system", "annotations": {REQUESTED_AT: TOKEN}}})
}

fn policy() -> Value {
    json!({"suspend": true, "imageRepositoryRef": {"name": "nowhere"}, "policy": {"alphabetical": {}}})
}

#[test]
fn suspended_repositories_and_policies_echo_and_stay_unobserved() {
    let mut lab = lab("2.9.4");
    lab.apply(object(
        "v1",
        "ImageRepository",
        json!({"interval": "1h", "image": "example.invalid/x", "suspend": true}),
    ));
    lab.apply(object("v1", "ImagePolicy", policy()));
    lab.pass(1.5);
    for kind in ["ImageRepository", "ImagePolicy"] {
        assert_eq!(lab.get(kind, "x1")["status"]["lastHandledReconcileAt"], TOKEN, "{kind}");
        assert_eq!(lab.observed(kind, "x1"), -1, "{kind}");
        assert_eq!(lab.get(kind, "x1")["metadata"]["finalizers"], json!(["finalizers.fluxcd.io"]));
        lab.delete(kind, "x1");
    }
    lab.pass(0.1);
    assert!(lab.find("ImageRepository", "x1").is_none() && lab.find("ImagePolicy", "x1").is_none());
}

#[test]
fn a_suspended_automation_gets_its_finalizer_and_no_status() {
    let mut lab = lab("2.9.4");
    let source = json!({"kind": "GitRepository", "name": "nowhere"});
    lab.apply(object("v1", "ImageUpdateAutomation", json!({"interval": "1h", "suspend": true, "sourceRef": source})));
    lab.pass(60.0);
    let automation = lab.get("ImageUpdateAutomation", "x1");
    assert_eq!(automation["metadata"]["finalizers"], json!(["finalizers.fluxcd.io"]));
    assert_eq!(automation["status"], json!({"observedGeneration": -1}));
}

#[test]
fn an_automation_without_a_git_configuration_is_refused_for_good_and_without_an_echo() {
    let mut lab = lab("2.9.4");
    let source = json!({"kind": "GitRepository", "name": "nowhere"});
    lab.apply(object("v1", "ImageUpdateAutomation", json!({"interval": "1h", "sourceRef": source})));
    lab.pass(2.0);
    let automation = lab.get("ImageUpdateAutomation", "x1");
    assert_eq!(conditions::reason(&automation, "Stalled"), "InvalidSourceConfiguration");
    assert!(conditions::is_true(&automation, "Stalled") && conditions::get(&automation, "Reconciling").is_none());
    assert_eq!(automation["status"]["observedGeneration"], 1);
    assert_eq!(automation["status"]["lastHandledReconcileAt"], Value::Null);
}

#[test]
fn before_flux_2_7_a_suspended_policy_is_worked_on_like_any_other() {
    let mut lab = lab("2.6.4");
    lab.apply(object("v1beta2", "ImagePolicy", policy()));
    lab.pass(2.0);
    let policy = lab.get("ImagePolicy", "x1");
    assert_eq!(conditions::reason(&policy, "Ready"), "DependencyNotReady");
    assert_eq!(policy["status"]["lastHandledReconcileAt"], Value::Null);
}
