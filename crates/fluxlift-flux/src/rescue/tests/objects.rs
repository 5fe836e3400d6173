//! Objects of Flux in the states that matter, and plans for them.

use fluxlift_core::Timestamp;
use fluxlift_kube::Object;
use serde_json::{Value, json};

use crate::diagnosis::{Scene, Workforce};
use crate::rescue::{Force, Limits, Plan, Tried};

pub(super) const START: &str = "2026-01-01T00:00:00Z";

pub(super) fn later() -> Timestamp {
    "2026-01-01T01:00:00Z".parse().unwrap()
}

pub(super) fn object(kind: &str, name: &str, finalized: bool, status: Value) -> Object {
    let finalizers = if finalized { json!(["finalizers.fluxcd.io"]) } else { json!([]) };
    Object::new(json!({"kind": kind, "metadata": {"name": name, "namespace": "apps", "generation": 1,
        "creationTimestamp": START, "finalizers": finalizers},
        "spec": {"chart": {"spec": {"sourceRef": {"kind": "HelmRepository", "name": "r"}}}}, "status": status}))
}

pub(super) fn condition(kind: &str, status: &str, reason: &str) -> Value {
    let message = match reason {
        "Running" => "Running 'upgrade' action with timeout of 2h0m0s",
        _ => "as it says",
    };
    json!({"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": START})
}

pub(super) fn untouched(name: &str) -> Object {
    object("HelmRelease", name, false, json!({}))
}

pub(super) fn exhausted(name: &str) -> Object {
    let conditions = [condition("Ready", "False", "InstallFailed"), condition("Stalled", "True", "RetriesExceeded")];
    object("HelmRelease", name, true, json!({"observedGeneration": 1, "conditions": conditions}))
}

pub(super) fn plan(objects: &[Object], tried: &[(&str, &str, Force)], limits: &Limits) -> Plan {
    let scene = Scene::of(later(), Workforce::default(), objects);
    let mut climbed = Tried::default();
    tried.iter().for_each(|(title, cause, force)| climbed.note(title, cause, *force));
    Plan::of(&scene, &climbed, limits, later())
}

/// The acts as `<force> <target>`.
pub(super) fn acts(plan: &Plan) -> Vec<String> {
    plan.acts.iter().map(|act| format!("{} {}", act.force.number(), act.target)).collect()
}

/// A source at an older generation, which nobody has looked at for an hour.
pub(super) fn outdated(kind: &str, name: &str, spec: &Value) -> Object {
    let status = json!({"observedGeneration": 1, "artifact": {"revision": "r"},
        "conditions": [condition("Ready", "True", "Succeeded")]});
    Object::new(json!({"kind": kind, "metadata": {"name": name, "namespace": "apps", "generation": 2,
        "creationTimestamp": START, "finalizers": ["finalizers.fluxcd.io"]}, "spec": spec, "status": status}))
}

/// A release whose source is not ready at its newest generation.
pub(super) fn waiting(name: &str) -> Object {
    object(
        "HelmRelease",
        name,
        true,
        json!({"observedGeneration": -1,
        "conditions": [condition("Ready", "False", "SourceNotReady")]}),
    )
}
