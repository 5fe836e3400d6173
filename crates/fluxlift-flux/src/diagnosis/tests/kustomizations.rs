//! Kustomizations: revisions, and the health of what they applied.

use fluxlift_core::Remedy;
use serde_json::{Value, json};

use super::scenes::{found, object, place, preparing, ready, release, scene, source, unready, with};
use crate::diagnosis::{Cause, Upstream};

fn kustomization(applied: &str, conditions: &[Value]) -> Value {
    with(
        object("Kustomization", "k", 1, conditions),
        json!({
        "spec": {"sourceRef": {"kind": "GitRepository", "name": "g"}}, "status": {"lastAppliedRevision": applied}}),
    )
}

fn cause(objects: &[Value], seconds: i64) -> Cause {
    found(&scene(objects), "Kustomization", "k", seconds).cause
}

#[test]
fn ready_at_the_revision_before_is_not_proven() {
    let current = [kustomization("main@sha1:2", &[ready(5)]), source("GitRepository", "g", 100)];
    assert_eq!(cause(&current, 3600), Cause::Ready);
    let behind = [kustomization("main@sha1:1", &[ready(5)]), source("GitRepository", "g", 100)];
    assert!(matches!(cause(&behind, 159), Cause::OldRevision { neglected: false, .. }));
    assert_eq!(cause(&behind, 160).remedy(), Some(Remedy::Reconcile));
    let working = [kustomization("main@sha1:1", &[ready(5), preparing(150)]), source("GitRepository", "g", 100)];
    assert!(matches!(cause(&working, 170), Cause::Working { .. }));
}

#[test]
fn ready_with_a_source_that_is_gone_or_empty_is_not_proven() {
    assert!(matches!(cause(&[kustomization("main@sha1:2", &[ready(5)])], 10), Cause::OldRevision { .. }));
    let empty = with(source("GitRepository", "g", 1), json!({"status": {"artifact": {"revision": ""}}}));
    assert!(matches!(cause(&[kustomization("", &[ready(5)]), empty], 10), Cause::OldRevision { .. }));
}

#[test]
fn a_failed_health_check_leads_to_the_object_that_it_names() {
    let owned = |name: &str| {
        let labels = json!({"kustomize.toolkit.fluxcd.io/name": "k", "kustomize.toolkit.fluxcd.io/namespace": "apps"});
        with(release(name, -1, &[unready("InstallFailed", "no", 5)]), json!({"metadata": {"labels": labels}}))
    };
    let health = |message: &str| {
        let scene = scene(&[
            kustomization("main@sha1:2", &[unready("HealthCheckFailed", message, 5)]),
            source("GitRepository", "g", 1),
            owned("a"),
            owned("b"),
            release("other", -1, &[]),
        ]);
        found(&scene, "Kustomization", "k", 10).upstream
    };
    let upstream = |name| Some(Upstream::Object(place("HelmRelease", name)));
    assert_eq!(health("timeout waiting for: [HelmRelease/apps/b status: 'InProgress']"), upstream("b"));
    assert_eq!(health("timeout waiting"), upstream("a"));
}

#[test]
fn a_build_that_fails_is_not_the_source_s_fault() {
    let seen =
        cause(&[kustomization("", &[unready("BuildFailed", "no such file", 5)]), source("GitRepository", "g", 1)], 10);
    assert!(matches!(seen, Cause::Failing { .. }), "{seen}");
}
