//! Every row of the table of stuck objects: which acts it gets, and at which a person is told.

use fluxlift_kube::Object;
use serde_json::json;

use super::objects::{START, acts, condition, exhausted, later, object, outdated, plan, untouched, waiting};
use crate::Component;
use crate::diagnosis::{Crew, Scene, Selects, Workforce};
use crate::rescue::{Force, Limits, Plan, Tried};

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
    let trouble = || Some("its leader does nothing".to_owned());
    let crew = |frozen| Crew { trouble: trouble(), frozen, ..crew(Selects::Any) };
    let limits = Limits { most: Force::Restart, ..Limits::default() };
    let planned = |crew: Crew| with_crew(crew, &[untouched("a")], &limits);
    assert_eq!(acts(&planned(crew(true))), ["5 deployment/flux-system/helm-controller"]);
    let absent = planned(crew(false));
    assert_eq!((absent.acts.len(), absent.waiting.len()), (0, 1));
    let again = planned(Crew { restarted: true, ..crew(true) });
    assert_eq!((again.acts.len(), again.for_a_person.len()), (0, 1), "a rescue that was killed has restarted it");
}

/// A source that cannot fetch, and a release that waits for it.
fn unreachable_source() -> [Object; 2] {
    let mut failing = condition("Ready", "False", "IndexationFailed");
    failing["message"] = json!("failed to fetch https://charts.example/index.yaml: no such host");
    let status = json!({"observedGeneration": 1, "conditions": [failing]});
    let chart = object("OCIRepository", "r", true, status);
    let mut release = waiting("a").into_json();
    release["spec"] = json!({"chartRef": {"kind": "OCIRepository", "name": "r"}});
    [chart, Object::new(release)]
}

#[test]
fn a_source_that_fails_is_asked_once_for_another_try_and_then_a_person_is_told_what_to_mend() {
    let objects = unreachable_source();
    assert_eq!(acts(&plan(&objects, &[], &Limits::default())), ["2 ocirepository/apps/r", "2 helmrelease/apps/a"]);
    let tried = [("ocirepository/apps/r", "Failing", Force::Ask), ("helmrelease/apps/a", "Source", Force::Source)];
    let end = plan(&objects, &tried, &Limits::default());
    assert!(end.acts.is_empty(), "{end:?}");
    assert_eq!(end.for_a_person[0].target, "ocirepository/apps/r");
    assert!(end.for_a_person[0].why.contains("no such host"), "{:?}", end.for_a_person);
    assert!(!end.is_coming(), "who waits for it is not waited for: {:?}", end.waiting);
}

#[test]
fn what_has_failed_only_now_is_left_to_its_controller() {
    let objects = unreachable_source();
    let now = "2026-01-01T00:01:00Z".parse().unwrap();
    let scene = Scene::of(now, Workforce::default(), &objects);
    let plan = Plan::of(&scene, &Tried::default(), &Limits::default(), now);
    assert_eq!((plan.acts.len(), plan.waiting.len()), (0, 2));
    assert!(plan.is_coming());
}

#[test]
fn what_failed_is_asked_once_more_after_something_else_was_repaired() {
    let objects = unreachable_source();
    let scene = Scene::of(later(), Workforce::default(), &objects);
    let mut tried = Tried::default();
    tried.note("ocirepository/apps/r", "Failing", Force::Ask);
    tried.note("helmrelease/apps/a", "Source", Force::Source);
    let other = scene.subjects().find(|subject| subject.place.kind == "HelmRelease").unwrap().place.clone();
    tried.note_repaired(&other);
    let again = Plan::of(&scene, &tried, &Limits::default(), later());
    assert_eq!(acts(&again), ["1 ocirepository/apps/r"]);
    tried.note("ocirepository/apps/r", "Failing", Force::Ask);
    tried.note_repaired(&other);
    assert!(acts(&Plan::of(&scene, &tried, &Limits::default(), later())).is_empty(), "not for the same repair twice");
}

#[test]
fn a_suspended_release_that_was_named_is_not_passed_over_in_silence() {
    let mut suspended = exhausted("a").into_json();
    suspended["spec"]["suspend"] = json!(true);
    let objects = [Object::new(suspended)];
    let only = Limits { only: ["helmrelease/apps/a".to_owned()].into(), ..Limits::default() };
    let named = plan(&objects, &[], &only);
    assert_eq!((named.acts.len(), named.for_a_person.len()), (0, 1));
    assert!(plan(&objects, &[], &Limits::default()).is_idle());
}

#[test]
fn a_helm_action_past_its_timeout_still_holds_a_restart_back() {
    let mut running = condition("Reconciling", "True", "Running");
    running["message"] = json!("Running 'install' action with timeout of 5m0s");
    let ready = condition("Ready", "Unknown", "Running");
    let hung = object("HelmRelease", "b", true, json!({"observedGeneration": -1, "conditions": [ready, running]}));
    let tried = [("helmrelease/apps/a", "Untouched", Force::Ask), ("helmrelease/apps/b", "Overdue", Force::Ask)];
    let limits = Limits { most: Force::Restart, ..Limits::default() };
    let held = plan(&[untouched("a"), hung], &tried, &limits);
    assert!(held.acts.is_empty() && held.beyond[0].why.contains("a Helm action runs"), "{held:?}");
}

#[test]
fn what_only_a_person_can_change_is_said() {
    for reason in ["InvalidCELExpression", "AccessDenied"] {
        refused_is_left_to_a_person(reason);
    }
}

fn refused_is_left_to_a_person(reason: &str) {
    let stalled = condition("Stalled", "True", reason);
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

/// A helm-controller that is at work.
fn crew(selects: Selects) -> Crew {
    Crew {
        deployment: "helm-controller".to_owned(),
        trouble: None,
        frozen: false,
        restarted: false,
        workers: 4,
        selects,
        everywhere: true,
    }
}

/// Releases that have been fetching their charts for an hour.
fn downloading(count: usize) -> Vec<Object> {
    let mut work = condition("Reconciling", "True", "Progressing");
    work["message"] = json!("Fulfilling prerequisites");
    let status = json!({"observedGeneration": -1, "conditions": [work]});
    (0..count).map(|number| object("HelmRelease", &format!("r{number}"), true, status.clone())).collect()
}

fn with_crew(crew: Crew, objects: &[Object], limits: &Limits) -> Plan {
    let workforce = Workforce([(Component::Helm, vec![crew])].into());
    Plan::of(&Scene::of(later(), workforce, objects), &Tried::default(), limits, later())
}

#[test]
fn a_controller_is_restarted_for_its_downloads_only_when_they_block_all_of_its_workers() {
    let all = Limits { most: Force::Storage, ..Limits::default() };
    let some = with_crew(crew(Selects::Any), &downloading(3), &all);
    assert_eq!((some.acts.len(), some.waiting.len()), (0, 3));
    let every = with_crew(crew(Selects::Any), &downloading(4), &all);
    assert_eq!(acts(&every), ["5 deployment/flux-system/helm-controller"]);
    assert_eq!(every.acts[0].sakes.len(), 4);
    assert!(every.acts[0].why.contains("4 downloads block all 4 workers"), "{}", every.acts[0].why);
}

#[test]
fn what_no_controller_would_see_is_neither_asked_for_nor_a_reason_for_a_restart() {
    let all = Limits { most: Force::Storage, ..Limits::default() };
    let mut sharded = untouched("a").into_json();
    sharded["metadata"]["labels"] = json!({"sharding.fluxcd.io/key": "blue"});
    let unselected = with_crew(crew(Selects::Unlabelled), &[Object::new(sharded)], &all);
    assert!(unselected.acts.is_empty() && unselected.beyond.is_empty());
    assert!(unselected.for_a_person[0].act.contains("run a controller for shard blue"), "{unselected:?}");
    let unseen = with_crew(Crew { everywhere: false, ..crew(Selects::Any) }, &[untouched("a")], &all);
    assert!(unseen.for_a_person[0].act.contains("watch all namespaces"), "{unseen:?}");
}

#[test]
fn a_request_that_nobody_takes_up_ends_at_the_controller() {
    let mut ignored = untouched("a").into_json();
    ignored["metadata"]["annotations"] = json!({"reconcile.fluxcd.io/requestedAt": START});
    let objects = [Object::new(ignored)];
    let gentle = with_crew(crew(Selects::Any), &objects, &Limits::default());
    assert_eq!((gentle.acts.len(), gentle.beyond.len()), (0, 1));
    let restart = Limits { most: Force::Restart, ..Limits::default() };
    assert_eq!(acts(&with_crew(crew(Selects::Any), &objects, &restart)), ["5 deployment/flux-system/helm-controller"]);
}

#[test]
fn a_release_that_was_made_and_never_settled_or_has_nothing_to_roll_back_to_is_forced() {
    let released = [condition("Ready", "Unknown", "Progressing"), condition("Released", "True", "InstallSucceeded")];
    let unsettled = object("HelmRelease", "a", true, json!({"observedGeneration": 1, "conditions": released}));
    let stalled = [condition("Ready", "False", "UpgradeFailed"), condition("Stalled", "True", "MissingRollbackTarget")];
    let targetless = object("HelmRelease", "b", true, json!({"observedGeneration": 1, "conditions": stalled}));
    let plan = plan(&[unsettled, targetless], &[], &Limits::default());
    assert_eq!(acts(&plan), ["4 helmrelease/apps/a", "4 helmrelease/apps/b"]);
}
