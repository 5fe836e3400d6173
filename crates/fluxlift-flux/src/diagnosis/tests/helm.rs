//! Helm actions: those that run, those that are left behind, those that have failed for good.

use std::slice::from_ref;

use fluxlift_core::Remedy;
use serde_json::{Value, json};

use super::scenes::{cause, condition, found, release, remedy, scene, subject, unready, with};
use crate::diagnosis::{Cause, Standing};

fn stalled(reason: &str, message: &str) -> Value {
    condition("Stalled", "True", reason, message, 5)
}

/// An install that began at the start, with the newest Helm revision in `status`.
fn running(status: &str) -> Value {
    let message = "Running 'install' action with timeout of 5m0s";
    let conditions = [
        condition("Ready", "Unknown", "Progressing", message, 0),
        condition("Reconciling", "True", "Progressing", message, 0),
    ];
    with(release("a", -1, &conditions), json!({"status": {"history": [{"status": status}]}}))
}

#[test]
fn an_action_is_work_within_its_own_timeout_and_overdue_after_it() {
    assert!(matches!(cause(&[running("")], 359), Cause::Working { .. }));
    assert_eq!(remedy(&[running("")], 360), Some(Remedy::Reconcile));
    let long = |text: &str| text.replace("5m0s", "1h0m0s");
    let patient: Value = serde_json::from_str(&long(&running("").to_string())).unwrap();
    assert!(matches!(cause(&[patient], 3600), Cause::Working { .. }));
}

#[test]
fn a_pending_install_is_work_while_it_runs_and_locked_when_nobody_works_on_it() {
    for status in ["pending-install", "pending-upgrade", "pending-rollback"] {
        assert!(matches!(cause(&[running(status)], 100), Cause::Working { .. }), "{status}");
        assert_eq!(cause(&[running(status)], 360), Cause::HelmLocked { status: status.to_owned() });
        let left = unready("ReconcileError", "atomic release canceled", 100);
        let left = with(release("a", -1, &[left]), json!({"status": {"history": [{"status": status}]}}));
        assert!(!matches!(cause(from_ref(&left), 159), Cause::HelmLocked { .. }), "{status}");
        assert_eq!(remedy(&[left], 160), Some(Remedy::Reconcile), "{status}");
    }
}

#[test]
fn a_release_that_helm_controller_could_not_unlock_is_locked_although_its_history_says_nothing_of_it() {
    let told = |message: &str| {
        let conditions = [
            condition("Ready", "False", "PendingRelease", message, 100),
            condition("Released", "False", "PendingRelease", message, 100),
            condition("Reconciling", "True", "Progressing", "Running 'unlock' action with timeout of 5m0s", 0),
        ];
        let history = json!([{"status": "deployed", "name": "a", "version": 2}]);
        with(release("a", -1, &conditions), json!({"status": {"storageNamespace": "helm", "history": history}}))
    };
    let failed =
        "Unlock of Helm release apps/a.v3 with chart c@1.0.0 in pending-upgrade state failed: secrets is forbidden";
    let seen = scene(&[told(failed)]);
    let locked = Cause::HelmLocked { status: "pending-upgrade".to_owned() };
    assert_eq!(found(&seen, "HelmRelease", "a", 160).cause, locked);
    let secret = ("helm".to_owned(), "sh.helm.release.v1.a.v3".to_owned());
    assert_eq!(subject(&seen, "HelmRelease", "a").pending, Some(secret));
    assert_ne!(found(&seen, "HelmRelease", "a", 159).cause, locked, "it tries again at first");
    // One that was unlocked goes on.
    let unlocked = "Unlocked Helm release apps/a.v3 with chart c@1.0.0 in pending-upgrade state";
    assert!(!matches!(cause(&[told(unlocked)], 160), Cause::HelmLocked { .. }));
}

#[test]
fn an_action_whose_process_was_killed_is_overdue_and_left_to_helm_controller() {
    // The history is still that of before.
    assert_eq!(remedy(&[running("deployed")], 360), Some(Remedy::Reconcile));
}

#[test]
fn helm_statuses_from_which_nothing_goes_on_are_for_a_person() {
    for status in ["uninstalling", "unknown"] {
        let left = unready("StateError", "unable to determine state for release", 5);
        let left = with(
            release("a", -1, &[left]),
            json!({"status": {"history": [{"status": status}, {"status": "deployed"}]}}),
        );
        assert!(matches!(remedy(&[left], 10), Some(Remedy::Person { .. })), "{status}");
    }
    // What failed to install was taken away again, and that is seen last: it is tried again.
    let again = with(
        release("a", -1, &[unready("InstallFailed", "no", 5)]),
        json!({"status": {"history": [{"status": "uninstalling"}]}}),
    );
    assert!(matches!(cause(&[again], 10), Cause::Failing { .. }));
    // An older revision in such a status is history.
    let past = unready("InstallFailed", "no", 5);
    let past =
        with(release("a", -1, &[past]), json!({"status": {"history": [{"status": "failed"}, {"status": "unknown"}]}}));
    assert!(matches!(cause(&[past], 10), Cause::Failing { .. }));
}

#[test]
fn a_release_that_was_made_and_never_settled_is_forced_but_not_while_an_upgrade_runs() {
    let released = condition("Released", "True", "InstallSucceeded", "ok", 5);
    let unknown = condition("Ready", "Unknown", "Progressing", "reconciliation in progress", 5);
    let unsettled = release("a", -1, &[released.clone(), unknown]);
    assert!(matches!(cause(from_ref(&unsettled), 64), Cause::Working { .. }));
    assert_eq!(remedy(&[unsettled], 65), Some(Remedy::Force));
    let mut upgrading = running("");
    upgrading["status"]["conditions"].as_array_mut().unwrap().push(released);
    assert!(matches!(cause(from_ref(&upgrading), 300), Cause::Working { .. }));
    assert_eq!(remedy(&[upgrading], 360), Some(Remedy::Force));
}

#[test]
fn a_success_of_an_older_generation_does_not_make_a_release_unsettled() {
    let mut released = condition("Released", "True", "InstallSucceeded", "ok", 5);
    released["observedGeneration"] = json!(0);
    let unknown = condition("Ready", "Unknown", "Progressing", "reconciliation in progress", 5);
    assert!(!matches!(cause(&[release("a", -1, &[released, unknown])], 3600), Cause::Unsettled));
}

#[test]
fn retries_that_are_used_up_are_reset_and_the_failure_is_quoted() {
    let failed = release(
        "a",
        1,
        &[
            unready("InstallFailed", "no such image", 5),
            stalled("RetriesExceeded", "Failed to install after 4 attempt(s)"),
        ],
    );
    let seen = cause(&[failed], 10);
    assert_eq!(seen.remedy(), Some(Remedy::Reset));
    assert!(seen.is_final() && seen.to_string().contains("no such image"), "{seen}");
}

#[test]
fn a_failure_with_retries_left_is_not_final() {
    let failing = cause(&[release("a", -1, &[unready("InstallFailed", "no such image", 5)])], 3600);
    assert!(!failing.is_final());
    assert_eq!((failing.standing(), failing.remedy()), (Standing::Pending, None));
}

#[test]
fn a_stall_of_the_generation_before_is_over_as_soon_as_the_specification_changes() {
    let failed = release("a", 1, &[unready("InstallFailed", "no", 5), stalled("RetriesExceeded", "no")]);
    let mended = with(failed, json!({"metadata": {"generation": 2}}));
    assert!(matches!(cause(&[mended], 10), Cause::Outdated { observed: 1, .. }));
}

#[test]
fn a_missing_rollback_target_is_forced() {
    let failed = release("a", 1, &[unready("UpgradeFailed", "no", 5), stalled("MissingRollbackTarget", "no")]);
    assert_eq!(remedy(&[failed], 10), Some(Remedy::Force));
}

#[test]
fn what_only_a_change_of_the_specification_mends_is_for_a_person() {
    for reason in ["InvalidCELExpression", "AccessDenied"] {
        let refused = release("a", 1, &[unready(reason, "no", 5), stalled(reason, "no")]);
        assert!(matches!(remedy(&[refused], 10), Some(Remedy::Person { .. })), "{reason}");
    }
}
