//! What `observedGeneration: -1` is, and what it is not.

use std::slice::from_ref;

use fluxlift_core::Remedy;
use serde_json::json;

use super::scenes::{at, cause, preparing, ready, release, remedy, source, unready, with};
use crate::diagnosis::{Cause, Standing};

fn untouched() -> serde_json::Value {
    with(release("a", -1, &[]), json!({"metadata": {"finalizers": []}}))
}

#[test]
fn minus_one_is_normal_at_first_and_neglect_later() {
    assert_eq!(cause(&[untouched()], 59), Cause::Untouched { begun: false, neglected: false });
    assert_eq!(remedy(&[untouched()], 59), None);
    assert_eq!(remedy(&[untouched()], 60), Some(Remedy::Reconcile));
}

#[test]
fn minus_one_with_a_failure_that_speaks_is_not_never_processed() {
    let waits = release("a", -1, &[unready("SourceNotReady", "is not ready", 5)]);
    let chart = with(source("HelmChart", "apps-a", 5), json!({"status": {"artifact": {"revision": ""}}}));
    let seen = cause(&[waits, chart, source("HelmRepository", "r", 1)], 3600);
    assert!(matches!(seen, Cause::Source { .. }), "{seen}");
}

#[test]
fn a_suspended_release_is_not_judged_however_it_looks() {
    let suspended = with(release("a", 1, &[]), json!({"spec": {"suspend": true}}));
    assert_eq!(cause(&[suspended], 3600).standing(), Standing::Unjudged);
}

#[test]
fn success_at_an_older_generation_is_refused_by_either_of_its_two_words() {
    let good = release("a", 1, &[ready(5)]);
    assert_eq!(cause(from_ref(&good), 10), Cause::Ready);
    let changed = json!({"metadata": {"generation": 2, "managedFields": [
        {"manager": "kubectl", "time": at(100).to_string()},
        {"manager": "helm-controller", "subresource": "status", "time": at(900).to_string()}]}});
    let behind = with(good.clone(), changed);
    assert_eq!(cause(from_ref(&behind), 159), Cause::Outdated { observed: 1, neglected: false });
    assert_eq!(remedy(&[behind], 160), Some(Remedy::Reconcile));
    let lying = with(good, json!({"metadata": {"generation": 2}, "status": {"observedGeneration": 2}}));
    assert_eq!(cause(&[lying], 10), Cause::Outdated { observed: 1, neglected: false });
}

#[test]
fn a_release_that_is_being_deleted_is_not_ready_and_held_only_after_long() {
    let leaving = with(release("a", 1, &[ready(5)]), json!({"metadata": {"deletionTimestamp": at(100).to_string()}}));
    assert_eq!(cause(from_ref(&leaving), 699), Cause::Deleting { held: false });
    assert_eq!(cause(&[leaving], 700).standing(), Standing::Stuck);
}

#[test]
fn a_finalizer_without_conditions_is_a_chart_that_cannot_be_applied_unless_the_chart_is_there() {
    let begun = release("a", -1, &[]);
    assert_eq!(cause(from_ref(&begun), 59), Cause::ChartNotApplied { neglected: false });
    assert!(matches!(remedy(from_ref(&begun), 60), Some(Remedy::Person { .. })));
    let chart = source("HelmChart", "apps-a", 1);
    assert_eq!(cause(&[begun, chart], 60), Cause::Untouched { begun: true, neglected: true });
}

#[test]
fn a_download_in_progress_is_work() {
    let busy = release("a", -1, &[preparing(0)]);
    assert!(matches!(cause(&[busy], 30), Cause::Working { .. }));
}
