//! What comes first, what comes next, and what is held back.

use fluxlift_kube::Object;
use serde_json::json;

use super::objects::{acts, condition, exhausted, object, plan, untouched};
use crate::rescue::{Force, Limits, Mark};

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
fn actions_that_say_little_of_themselves_hold_a_restart_back_all_the_same() {
    let limits = Limits { most: Force::Restart, ..Limits::default() };
    let tried = [("helmrelease/apps/a", "Untouched", Force::Ask)];
    let beside = |other: Object| plan(&[untouched("a"), other], &tried, &limits);
    // A correction of drift, and a test, leave Ready as it is.
    let mut corrects = condition("Reconciling", "True", "Progressing");
    corrects["message"] = json!("Running 'correct cluster drift' action with timeout of 5m0s");
    let conditions = [condition("Ready", "True", "UpgradeSucceeded"), corrects];
    let drifted = object("HelmRelease", "c", true, json!({"observedGeneration": 1, "conditions": conditions}));
    // The uninstall of a deletion writes nothing.
    let deleted = |finalized, suspended| {
        let mut json = object("HelmRelease", "c", finalized, json!({"observedGeneration": 1})).into_json();
        json["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:59:00Z");
        json["spec"]["suspend"] = json!(suspended);
        Object::new(json)
    };
    for busy in [drifted, deleted(true, false)] {
        let held = beside(busy);
        assert!(held.acts.is_empty() && held.beyond[0].why.contains("a Helm action runs"), "{held:?}");
    }
    // One that is let go without an uninstall cancels nothing, and neither does one whose uninstall is over.
    for idle in [deleted(true, true), deleted(false, false)] {
        assert_eq!(acts(&beside(idle)), ["5 deployment/flux-system/helm-controller"]);
    }
}

#[test]
fn a_plan_as_a_document_has_the_number_of_the_force() {
    let plan = serde_json::to_value(plan(&[exhausted("a")], &[], &Limits::default())).unwrap();
    assert_eq!(plan["acts"][0]["force"], 3);
    assert_eq!(plan["acts"][0]["target"], "helmrelease/apps/a");
    assert!(plan["acts"][0]["why"].is_string());
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
fn a_request_that_nobody_has_taken_up_is_waited_for_and_not_written_over_by_one_of_less_force() {
    let mark = Mark { cause: "RetriesExceeded".into(), force: Force::Reset, token: "2026-01-01T00:59:50Z".into() };
    let conditions = [condition("Ready", "False", "InstallFailed")];
    let failing = object("HelmRelease", "a", true, json!({"observedGeneration": -1, "conditions": conditions}));
    let open = plan(&[marked(&failing, &mark, false)], &[], &Limits::default());
    assert_eq!(acts(&open), ["1 helmrelease/apps/a"]);
    assert!(open.acts[0].why.contains("has asked for it already"), "{}", open.acts[0].why);
    // It was taken up, and the release still fails.
    let over = plan(&[marked(&failing, &mark, true)], &[], &Limits::default());
    assert!(!over.acts[0].why.contains("has asked for it already"), "{}", over.acts[0].why);
}
