//! Plans: which act, on what, after what.

use fluxlift_core::Timestamp;
use fluxlift_kube::Object;
use serde_json::{Value, json};

use super::{Force, Limits, Mark, Plan, Tried};
use crate::Component;
use crate::diagnosis::{Crew, Scene, Selects, Workforce};

const START: &str = "2026-01-01T00:00:00Z";

fn later() -> Timestamp {
    "2026-01-01T01:00:00Z".parse().unwrap()
}

fn object(kind: &str, name: &str, finalized: bool, status: Value) -> Object {
    let finalizers = if finalized { json!(["finalizers.fluxcd.io"]) } else { json!([]) };
    Object::new(json!({"kind": kind, "metadata": {"name": name, "namespace": "apps", "generation": 1,
        "creationTimestamp": START, "finalizers": finalizers},
        "spec": {"chart": {"spec": {"sourceRef": {"kind": "HelmRepository", "name": "r"}}}}, "status": status}))
}

fn condition(kind: &str, status: &str, reason: &str) -> Value {
    let message = match reason {
        "Running" => "Running 'upgrade' action with timeout of 2h0m0s",
        _ => "as it says",
    };
    json!({"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": START})
}

fn untouched(name: &str) -> Object {
    object("HelmRelease", name, false, json!({}))
}

fn exhausted(name: &str) -> Object {
    let conditions = [condition("Ready", "False", "InstallFailed"), condition("Stalled", "True", "RetriesExceeded")];
    object("HelmRelease", name, true, json!({"observedGeneration": 1, "conditions": conditions}))
}

fn plan(objects: &[Object], tried: &[(&str, &str, Force)], limits: &Limits) -> Plan {
    let scene = Scene::of(later(), Workforce::default(), objects);
    let mut climbed = Tried::default();
    tried.iter().for_each(|(title, cause, force)| climbed.note(title, cause, *force));
    Plan::of(&scene, &climbed, limits, later())
}

/// The acts as `<force> <target>`.
fn acts(plan: &Plan) -> Vec<String> {
    plan.acts.iter().map(|act| format!("{} {}", act.force.number(), act.target)).collect()
}

#[test]
fn the_least_force_comes_first() {
    let plan = plan(&[exhausted("a"), untouched("b")], &[], &Limits::default());
    assert_eq!(acts(&plan), ["1 helmrelease/apps/b", "3 helmrelease/apps/a"]);
    assert!(plan.acts[1].why.contains("has failed"), "{}", plan.acts[1].why);
}

#[test]
fn what_was_tried_is_followed_by_the_next_rung_and_at_the_end_by_a_person() {
    let all = Limits { most: Force::Storage, ..Limits::default() };
    let tried = [("helmrelease/apps/a", "RetriesExceeded", Force::Reset)];
    assert_eq!(acts(&plan(&[exhausted("a")], &tried, &all)), ["4 helmrelease/apps/a"]);
    let tried = [
        ("helmrelease/apps/a", "RetriesExceeded", Force::Reset),
        ("helmrelease/apps/a", "RetriesExceeded", Force::Force),
    ];
    let end = plan(&[exhausted("a")], &tried, &all);
    assert_eq!((acts(&end).len(), end.for_a_person.len()), (0, 1));
}

#[test]
fn more_force_than_is_allowed_is_told_and_not_done() {
    let gentle = Limits { most: Force::Ask, ..Limits::default() };
    let plan = plan(&[exhausted("a"), untouched("b")], &[], &gentle);
    assert_eq!(acts(&plan), ["1 helmrelease/apps/b"]);
    assert_eq!(plan.beyond.len(), 1);
}

#[test]
fn only_what_is_named_is_touched() {
    let only = Limits { only: ["helmrelease/apps/b".to_owned()].into(), ..Limits::default() };
    assert_eq!(acts(&plan(&[untouched("a"), untouched("b")], &[], &only)), ["1 helmrelease/apps/b"]);
}

#[test]
fn a_controller_is_restarted_once_for_all_and_never_while_a_helm_action_runs_unless_told() {
    let limits = Limits { most: Force::Restart, ..Limits::default() };
    let tried = [("helmrelease/apps/a", "Untouched", Force::Ask), ("helmrelease/apps/b", "Untouched", Force::Ask)];
    let idle = [untouched("a"), untouched("b")];
    assert_eq!(acts(&plan(&idle, &tried, &limits)), ["5 deployment/flux-system/helm-controller"]);
    let running = [condition("Ready", "Unknown", "Running"), condition("Reconciling", "True", "Running")];
    let running = object("HelmRelease", "c", true, json!({"observedGeneration": -1, "conditions": running}));
    let busy = [untouched("a"), untouched("b"), running];
    let held = plan(&busy, &tried, &limits);
    assert!(held.acts.is_empty() && held.beyond[0].why.contains("a Helm action runs"), "{held:?}");
    let told = Limits { interrupt: true, ..limits };
    assert_eq!(acts(&plan(&busy, &tried, &told)), ["5 deployment/flux-system/helm-controller"]);
}

#[test]
fn a_plan_as_a_document_has_the_number_of_the_force() {
    let plan = serde_json::to_value(plan(&[exhausted("a")], &[], &Limits::default())).unwrap();
    assert_eq!(plan["acts"][0]["force"], 3);
    assert_eq!(plan["acts"][0]["target"], "helmrelease/apps/a");
    assert!(plan["acts"][0]["why"].is_string());
}

/// A source at an older generation, which nobody has looked at for an hour.
fn outdated(kind: &str, name: &str, spec: &Value) -> Object {
    let status = json!({"observedGeneration": 1, "artifact": {"revision": "r"},
        "conditions": [condition("Ready", "True", "Succeeded")]});
    Object::new(json!({"kind": kind, "metadata": {"name": name, "namespace": "apps", "generation": 2,
        "creationTimestamp": START, "finalizers": ["finalizers.fluxcd.io"]}, "spec": spec, "status": status}))
}

/// A release whose source is not ready at its newest generation.
fn waiting(name: &str) -> Object {
    object(
        "HelmRelease",
        name,
        true,
        json!({"observedGeneration": -1,
        "conditions": [condition("Ready", "False", "SourceNotReady")]}),
    )
}

#[test]
fn a_source_that_holds_others_up_is_asked_from_the_repository_to_the_release_and_once_for_all() {
    let chart = json!({"sourceRef": {"kind": "HelmRepository", "name": "r"}});
    let repository = outdated("HelmRepository", "r", &json!({}));
    let charts = ["apps-a", "apps-b"].map(|name| outdated("HelmChart", name, &chart));
    let objects = [waiting("a"), waiting("b"), repository, charts[0].clone(), charts[1].clone()];
    let all = plan(&objects, &[], &Limits::default());
    let wanted = [
        "2 helmrepository/apps/r",
        "2 helmchart/apps/apps-a",
        "2 helmchart/apps/apps-b",
        "2 helmrelease/apps/a",
        "2 helmrelease/apps/b",
    ];
    assert_eq!(acts(&all), wanted);
    // Who waits for a chart waits for its repository.
    assert!(all.acts[0].sakes.contains(&"helmrelease/apps/a".to_owned()), "{:?}", all.acts[0].sakes);
    let only = Limits { only: ["helmrelease/apps/a".to_owned()].into(), ..Limits::default() };
    assert_eq!(acts(&plan(&objects, &[], &only)), [wanted[0], wanted[1], wanted[3]]);
}

#[test]
fn what_depends_on_something_is_left_alone_and_only_the_root_is_helped() {
    let mut dependent = object(
        "HelmRelease",
        "b",
        true,
        json!({"observedGeneration": -1,
        "conditions": [condition("Ready", "False", "DependencyNotReady")]}),
    )
    .into_json();
    dependent["spec"]["dependsOn"] = json!([{"name": "a"}]);
    let plan = plan(&[exhausted("a"), Object::new(dependent)], &[], &Limits::default());
    assert_eq!(acts(&plan), ["3 helmrelease/apps/a"]);
    assert_eq!(plan.waiting.len(), 1);
}

fn marked(object: &Object, mark: &Mark, handled: bool) -> Object {
    let mut json = object.json().clone();
    json["metadata"]["annotations"] = json!({"fluxlift.dev/rescue": mark.to_string(),
        "reconcile.fluxcd.io/requestedAt": mark.token});
    if handled {
        json["status"]["lastHandledReconcileAt"] = json!(mark.token);
    }
    Object::new(json)
}

#[test]
fn a_rescue_that_was_killed_is_gone_on_with_where_it_stopped() {
    let mark = Mark { cause: "RetriesExceeded".into(), force: Force::Reset, token: "2026-01-01T00:59:50Z".into() };
    let open = plan(&[marked(&exhausted("a"), &mark, false)], &[], &Limits::default());
    assert_eq!(acts(&open), ["3 helmrelease/apps/a"]);
    assert!(open.acts[0].why.contains("has asked for it already"), "{}", open.acts[0].why);
    let handled = plan(&[marked(&exhausted("a"), &mark, true)], &[], &Limits::default());
    assert_eq!(acts(&handled), ["4 helmrelease/apps/a"]);
    // Against another cause nothing was done yet.
    let other = Mark { cause: "HelmLocked".into(), ..mark };
    assert_eq!(
        acts(&plan(&[marked(&exhausted("a"), &other, true)], &[], &Limits::default())),
        ["3 helmrelease/apps/a"]
    );
}

#[test]
fn a_release_that_is_left_pending_is_asked_for_first_and_its_storage_is_the_last_rung() {
    let locked = object(
        "HelmRelease",
        "a",
        true,
        json!({"observedGeneration": 1, "storageNamespace": "helm",
        "history": [{"name": "a", "version": 3, "status": "pending-upgrade"}],
        "conditions": [condition("Ready", "Unknown", "Progressing")]}),
    );
    let objects = [locked];
    assert_eq!(acts(&plan(&objects, &[], &Limits::default())), ["1 helmrelease/apps/a"]);
    let tried = [("helmrelease/apps/a", "HelmLocked", Force::Ask)];
    let gentle = plan(&objects, &tried, &Limits { most: Force::Restart, ..Limits::default() });
    assert_eq!((gentle.acts.len(), gentle.beyond.len()), (0, 1));
    assert_eq!(gentle.beyond[0].target, "secret/helm/sh.helm.release.v1.a.v3");
    let all = Limits { most: Force::Storage, ..Limits::default() };
    assert_eq!(acts(&plan(&objects, &tried, &all)), ["6 secret/helm/sh.helm.release.v1.a.v3"]);
}

#[test]
fn a_frozen_controller_is_restarted_and_one_that_is_only_not_there_yet_is_not() {
    let crew = |frozen| Crew {
        deployment: "helm-controller".to_owned(),
        trouble: Some("its leader does nothing".to_owned()),
        frozen,
        restarted: false,
        workers: 4,
        selects: Selects::Any,
        everywhere: true,
    };
    let planned = |crew: Crew| {
        let workforce = Workforce([(Component::Helm, vec![crew])].into());
        let scene = Scene::of(later(), workforce, &[untouched("a")]);
        Plan::of(&scene, &Tried::default(), &Limits { most: Force::Restart, ..Limits::default() }, later())
    };
    assert_eq!(acts(&planned(crew(true))), ["5 deployment/flux-system/helm-controller"]);
    let absent = planned(crew(false));
    assert_eq!((absent.acts.len(), absent.waiting.len()), (0, 1));
    let again = planned(Crew { restarted: true, ..crew(true) });
    assert_eq!((again.acts.len(), again.for_a_person.len()), (0, 1), "a rescue that was killed has restarted it");
}

#[test]
fn what_only_a_person_can_change_is_said() {
    let stalled = condition("Stalled", "True", "InvalidCELExpression");
    let refused = object("HelmRelease", "a", true, json!({"observedGeneration": 1, "conditions": [stalled]}));
    let gone = object(
        "HelmRelease",
        "b",
        true,
        json!({"observedGeneration": 1,
        "history": [{"name": "b", "version": 1, "status": "uninstalling"}]}),
    );
    let plan = plan(&[refused, gone], &[], &Limits { most: Force::Storage, ..Limits::default() });
    assert!(plan.acts.is_empty() && plan.beyond.is_empty());
    let told: Vec<&str> = plan.for_a_person.iter().map(|left| left.act.as_str()).collect();
    assert_eq!(told[0], "change what the message names, in the repository");
    assert!(told[1].contains("helm history"), "{told:?}");
}
