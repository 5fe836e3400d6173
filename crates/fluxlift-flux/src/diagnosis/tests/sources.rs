//! Sources, and what waits for them.

use fluxlift_core::Remedy;
use serde_json::{Value, json};

use super::scenes::{cause, found, object, ready, release, remedy, scene, source, unready, with};
use crate::diagnosis::{Cause, Place, Root, Standing};

fn waits(reason: &str, message: &str) -> Value {
    release("a", -1, &[unready(reason, message, 5)])
}

fn repository() -> Value {
    source("HelmRepository", "r", 1)
}

#[test]
fn a_release_that_waits_although_its_source_is_ready_is_overlooked() {
    let objects = [waits("SourceNotReady", "not ready"), source("HelmChart", "apps-a", 10), repository()];
    assert_eq!(cause(&objects, 69), Cause::Overlooked { what: "its source", neglected: false });
    assert_eq!(remedy(&objects, 70), Some(Remedy::Reconcile));
}

#[test]
fn a_source_that_is_not_ready_is_the_cause_and_the_release_is_left_alone() {
    let chart = with(
        source("HelmChart", "apps-a", 5),
        json!({"status": {"conditions": [unready("ChartPullError", "404", 5)]}}),
    );
    let scene = scene(&[waits("SourceNotReady", "not ready"), chart, repository()]);
    let seen = found(&scene, "HelmRelease", "a", 3600);
    assert_eq!(seen.cause.remedy(), None);
    assert!(seen.cause.to_string().contains("helmchart/apps/apps-a"), "{}", seen.cause);
}

#[test]
fn a_source_whose_newest_generation_nobody_has_looked_at_is_asked_for_first() {
    let behind = with(source("HelmChart", "apps-a", 5), json!({"metadata": {"generation": 2}}));
    let said = "latest generation of object has not been reconciled";
    let objects = [waits("SourceNotReady", said), behind, repository()];
    assert_eq!(remedy(&objects, 59), None);
    assert_eq!(remedy(&objects, 60), Some(Remedy::RepairUpstream));
}

#[test]
fn a_source_that_is_suspended_is_a_persons_to_resume_also_at_the_end_of_the_way() {
    let suspended = |source: Value| with(source, json!({"spec": {"suspend": true}}));
    let chart = suspended(object("HelmChart", "apps-a", -1, &[]));
    let seen = cause(&[waits("SourceNotReady", "no"), chart, repository()], 3600);
    assert_eq!(seen.to_string(), "waits for helmchart/apps/apps-a, which is suspended");
    assert!(matches!(seen.remedy(), Some(Remedy::Person { act }) if act.starts_with("resume helmchart/apps/apps-a")));
    let waiting = json!({"status": {"conditions": [unready("NoSourceArtifact", "no", 5)]}});
    let chart = with(source("HelmChart", "apps-a", 5), waiting);
    let objects = [waits("SourceNotReady", "no"), chart, suspended(object("HelmRepository", "r", -1, &[]))];
    assert_eq!(cause(&objects, 3600), Cause::AwaitsSuspended { what: "helmrepository/apps/r".to_owned() });
    // One that has what is asked of it holds nobody up.
    let objects = [waits("SourceNotReady", "no"), suspended(source("HelmChart", "apps-a", 10)), repository()];
    assert_eq!(remedy(&objects, 3600), Some(Remedy::Reconcile));
}

#[test]
fn a_source_that_does_not_exist_is_for_a_person_and_a_chart_is_not() {
    let by_reference = with(
        waits("ArtifactFailed", "could not get Source object"),
        json!({"spec": {"chartRef": {"kind": "OCIRepository", "name": "gone"}}}),
    );
    assert_eq!(cause(&[by_reference], 10), Cause::Missing { what: "ocirepository/apps/gone".to_owned() });
    assert_eq!(cause(&[waits("ArtifactFailed", "no")], 10).standing(), Standing::Pending);
}

#[test]
fn an_artifact_that_source_controller_lost_is_fetched_again_from_the_source() {
    let objects = [
        waits("ArtifactFailed", "Source not ready: artifact not found. Retrying in 30s"),
        source("HelmChart", "apps-a", 1),
        repository(),
    ];
    assert_eq!(remedy(&objects, 64), None);
    assert_eq!(remedy(&objects, 65), Some(Remedy::RepairUpstream));
}

#[test]
fn ready_without_an_artifact_is_not_ready() {
    let hollow = with(repository(), json!({"status": {"artifact": {"revision": ""}}}));
    let seen = found(&scene(&[hollow]), "HelmRepository", "r", 10).cause;
    assert!(matches!(seen, Cause::Failing { .. }), "{seen}");
}

#[test]
fn a_chart_waits_for_its_repository_and_the_root_is_the_repository() {
    let broken = with(repository(), json!({"status": {"conditions": [unready("Failed", "no such host", 5)]}}));
    let chart = with(
        source("HelmChart", "apps-a", 5),
        json!({"status": {"conditions": [unready("NoSourceArtifact", "no", 5)]}}),
    );
    let scene = scene(&[waits("SourceNotReady", "not ready"), chart, broken]);
    let seen = found(&scene, "HelmRelease", "a", 3600);
    let root = scene.root(super::scenes::subject(&scene, "HelmRelease", "a"), &seen, super::scenes::at(3600));
    let Root::Object(Place { kind: "HelmRepository", .. }, found) = root else { panic!("{root:?}") };
    assert!(found.cause.to_string().contains("no such host"), "{}", found.cause);
}

#[test]
fn a_repository_of_an_oci_registry_is_never_reconciled_and_holds_nobody_up() {
    let fixed =
        with(object("HelmRepository", "r", -1, &[]), json!({"spec": {"type": "oci"}, "metadata": {"finalizers": []}}));
    let scene = scene(&[fixed, source("HelmChart", "apps-a", 5), release("a", 1, &[ready(10)])]);
    assert_eq!(found(&scene, "HelmRepository", "r", 3600).cause, Cause::Fixed);
    assert_eq!(found(&scene, "HelmChart", "apps-a", 3600).cause, Cause::Ready);
}

#[test]
fn wrong_credentials_are_for_a_person_and_a_name_that_does_not_resolve_is_tried_again() {
    let refused = |reason: &str| {
        let git = with(source("GitRepository", "g", 1), json!({"status": {"conditions": [unready(reason, "no", 5)]}}));
        found(&scene(&[git]), "GitRepository", "g", 3600).cause.standing()
    };
    assert_eq!(refused("AuthenticationFailed"), Standing::Stuck);
    assert_eq!(refused("GitOperationFailed"), Standing::Pending);
}
