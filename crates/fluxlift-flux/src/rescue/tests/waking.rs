//! Who is asked for when what it depends on is ready.

use fluxlift_kube::Object;
use serde_json::{Value, json};

use super::objects::{condition, later, object};
use crate::annotation::REQUESTED_AT;
use crate::diagnosis::{Place, Scene, Workforce};
use crate::rescue::waking::Due;

/// A release that says that `on` is not ready, delivered by the Kustomization `owner`.
fn dependent(owner: &str, on: &str) -> Value {
    let said = json!({"observedGeneration": -1, "conditions": [condition("Ready", "False", "DependencyNotReady")]});
    let mut release = object("HelmRelease", "dependent", true, said).into_json();
    release["spec"]["dependsOn"] = json!([{"name": on}]);
    release["metadata"]["labels"] = delivered_by(owner);
    release
}

fn delivered_by(owner: &str) -> Value {
    json!({"kustomize.toolkit.fluxcd.io/name": owner, "kustomize.toolkit.fluxcd.io/namespace": "apps"})
}

fn ready(kind: &str, name: &str, generation: i64) -> Value {
    let status = json!({"observedGeneration": generation, "conditions": [condition("Ready", "True", "Succeeded")]});
    object(kind, name, true, status).into_json()
}

/// Who is due under the Kustomization `root`.
fn due(objects: &[Value]) -> Vec<String> {
    let objects: Vec<Object> = objects.iter().cloned().map(Object::new).collect();
    let scene = Scene::of(later(), Workforce::default(), &objects);
    let root = Place::new("Kustomization", "apps", "root").unwrap();
    Due::of(&scene, &root).places.iter().map(Place::to_string).collect()
}

#[test]
fn what_waits_is_due_when_the_last_of_its_dependencies_is_ready_at_its_own_generation() {
    assert_eq!(due(&[ready("HelmRelease", "a", 1), dependent("root", "a")]), ["helmrelease/apps/dependent"]);
    let other: [(&str, Vec<Value>); 3] = [
        ("ready of an older generation", vec![ready("HelmRelease", "a", 0), dependent("root", "a")]),
        ("not ready", vec![object("HelmRelease", "a", true, json!({})).into_json(), dependent("root", "a")]),
        ("not there", vec![dependent("root", "a")]),
    ];
    for (why, objects) in other {
        assert_eq!(due(&objects), [""; 0], "{why}");
    }
}

#[test]
fn what_others_brought_is_left_alone_and_what_the_root_brought_through_others_is_not() {
    let mut middle = ready("Kustomization", "middle", 1);
    middle["metadata"]["labels"] = delivered_by("root");
    let through = [ready("HelmRelease", "a", 1), middle, dependent("middle", "a")];
    assert_eq!(due(&through), ["helmrelease/apps/dependent"]);
    assert_eq!(due(&[ready("HelmRelease", "a", 1), dependent("somebody-else", "a")]), [""; 0]);
    // Two that bring each other lead to no root.
    let (mut one, mut two) = (ready("Kustomization", "one", 1), ready("Kustomization", "two", 1));
    one["metadata"]["labels"] = delivered_by("two");
    two["metadata"]["labels"] = delivered_by("one");
    assert_eq!(due(&[ready("HelmRelease", "a", 1), one, two, dependent("one", "a")]), [""; 0]);
}

#[test]
fn who_was_asked_for_already_has_an_own_rule_or_is_suspended_is_left_alone() {
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut release = dependent("root", "a");
        change(&mut release);
        due(&[ready("HelmRelease", "a", 1), release])
    };
    assert_eq!(changed(&|release| release["metadata"]["annotations"] = json!({REQUESTED_AT: "now"})), [""; 0]);
    assert_eq!(changed(&|release| release["spec"]["dependsOn"][0]["readyExpr"] = json!("dep.status.x")), [""; 0]);
    assert_eq!(changed(&|release| release["spec"]["suspend"] = json!(true)), [""; 0]);
    let handled = |release: &mut Value| {
        release["metadata"]["annotations"] = json!({REQUESTED_AT: "now"});
        release["status"]["lastHandledReconcileAt"] = json!("now");
    };
    assert_eq!(changed(&handled), ["helmrelease/apps/dependent"], "the request before was handled");
}
