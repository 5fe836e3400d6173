//! Dependencies, and the way along them to the root.

use fluxlift_core::Remedy;
use serde_json::{Value, json};

use super::scenes::{at, cause, found, ready, release, remedy, scene, subject, unready, with};
use crate::diagnosis::{Cause, Root};

fn dependent(name: &str, on: &[&str], conditions: &[Value]) -> Value {
    let on: Vec<Value> = on.iter().map(|name| json!({"name": name})).collect();
    with(release(name, -1, conditions), json!({"spec": {"dependsOn": on}}))
}

fn waits(name: &str, on: &[&str]) -> Value {
    dependent(name, on, &[unready("DependencyNotReady", "dependency is not ready", 5)])
}

/// The title of the root of `a`.
fn root(objects: &[Value]) -> String {
    let scene = scene(objects);
    let seen = found(&scene, "HelmRelease", "a", 3600);
    match scene.root(subject(&scene, "HelmRelease", "a"), &seen, at(3600)) {
        Root::Object(place, _) => place.to_string(),
        Root::Controller(name) => name,
    }
}

#[test]
fn a_dependency_is_not_repaired_through_its_dependents() {
    let objects = [waits("a", &["b"]), release("b", -1, &[unready("InstallFailed", "no", 5)])];
    let seen = cause(&objects, 3600);
    assert!(matches!(seen, Cause::Dependency { .. }) && seen.is_consequence(), "{seen}");
    assert_eq!(seen.remedy(), None);
}

#[test]
fn the_root_is_at_the_end_of_the_dependencies_and_not_in_their_middle() {
    let broken = release("c", -1, &[unready("InstallFailed", "no", 5)]);
    let objects = [waits("a", &["ok", "b"]), waits("b", &["c"]), broken, release("ok", 1, &[ready(1)])];
    assert_eq!(root(&objects), "helmrelease/apps/c");
}

#[test]
fn a_dependency_in_another_namespace_is_found_there() {
    let elsewhere =
        with(release("b", -1, &[unready("InstallFailed", "no", 5)]), json!({"metadata": {"namespace": "db"}}));
    let own = with(waits("a", &[]), json!({"spec": {"dependsOn": [{"name": "b", "namespace": "db"}]}}));
    assert_eq!(root(&[own, elsewhere, release("b", 1, &[ready(1)])]), "helmrelease/db/b");
}

#[test]
fn a_dependency_that_is_suspended_before_it_was_ready_is_a_persons_to_resume() {
    let suspended = with(release("c", 1, &[]), json!({"spec": {"suspend": true}}));
    let seen = cause(&[waits("a", &["b"]), waits("b", &["c"]), suspended], 10);
    assert_eq!(seen, Cause::AwaitsSuspended { what: "helmrelease/apps/c".to_owned() });
    assert!(matches!(seen.remedy(), Some(Remedy::Person { .. })));
}

#[test]
fn a_dependency_that_does_not_exist_is_for_a_person() {
    assert!(matches!(remedy(&[waits("a", &["gone"])], 10), Some(Remedy::Person { .. })));
}

#[test]
fn what_was_not_read_is_not_said_to_be_missing() {
    let mut scene = scene(&[waits("a", &["elsewhere"])]);
    scene.read.clear();
    assert!(matches!(found(&scene, "HelmRelease", "a", 3600).cause, Cause::Dependency { .. }));
}

#[test]
fn dependencies_that_wait_for_each_other_are_told_as_a_loop() {
    let seen = cause(&[waits("a", &["b"]), waits("b", &["c"]), waits("c", &["a"])], 10);
    let Cause::Cycle { through } = &seen else { panic!("{seen}") };
    assert_eq!(through, "helmrelease/apps/a → helmrelease/apps/b → helmrelease/apps/c → helmrelease/apps/a");
    assert!(matches!(seen.remedy(), Some(Remedy::Person { .. })));
}

#[test]
fn what_waits_for_a_loop_is_not_part_of_it_and_its_root_is_found() {
    let objects = [waits("a", &["b"]), waits("b", &["c"]), waits("c", &["b"])];
    assert!(matches!(cause(&objects, 10), Cause::Dependency { .. }));
    assert_eq!(root(&objects), "helmrelease/apps/b");
}

#[test]
fn dependencies_that_are_all_ready_for_long_were_overlooked_and_just_now_were_not() {
    let objects = [waits("a", &["b"]), release("b", 1, &[ready(100)])];
    assert_eq!(remedy(&objects, 159), None);
    assert_eq!(remedy(&objects, 160), Some(Remedy::Reconcile));
}

#[test]
fn a_users_own_rule_of_readiness_is_not_second_guessed() {
    let rule = json!({"spec": {"dependsOn": [{"name": "b", "readyExpr": "dep.status.ok"}]}});
    let objects = [with(waits("a", &[]), rule), release("b", 1, &[ready(100)])];
    assert!(matches!(cause(&objects, 3600), Cause::Dependency { .. }));
}
