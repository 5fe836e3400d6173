//! Objects to make scenes of, and times to look at them.

use fluxlift_core::{Remedy, Timestamp};
use fluxlift_kube::Object;
use serde_json::{Value, json};

use crate::annotation::FINALIZER;
use crate::diagnosis::{Cause, Diagnosis, Place, Scene, Subject, Workforce, diagnose};

/// When everything in these scenes was made.
pub(super) const START: &str = "2026-01-01T00:00:00Z";

/// So many seconds after the start.
pub(super) fn at(seconds: i64) -> Timestamp {
    START.parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_secs(seconds)
}

/// A condition that was written so many seconds after the start, of generation 1.
pub(super) fn condition(kind: &str, status: &str, reason: &str, message: &str, since: i64) -> Value {
    json!({"type": kind, "status": status, "reason": reason, "message": message, "observedGeneration": 1,
        "lastTransitionTime": at(since).to_string()})
}

pub(super) fn ready(since: i64) -> Value {
    condition("Ready", "True", "ReconciliationSucceeded", "fine", since)
}

pub(super) fn unready(reason: &str, message: &str, since: i64) -> Value {
    condition("Ready", "False", reason, message, since)
}

pub(super) fn preparing(since: i64) -> Value {
    condition("Reconciling", "True", "Progressing", "Fulfilling prerequisites", since)
}

/// An object of `kind` that a controller has touched, at generation 1.
pub(super) fn object(kind: &str, name: &str, observed: i64, conditions: &[Value]) -> Value {
    json!({"kind": kind, "metadata": {"name": name, "namespace": "apps", "generation": 1, "creationTimestamp": START,
        "finalizers": [FINALIZER]}, "spec": {}, "status": {"observedGeneration": observed, "conditions": conditions}})
}

/// A release of the chart `apps-<name>`, from the repository `r`.
pub(super) fn release(name: &str, observed: i64, conditions: &[Value]) -> Value {
    let mut release = object("HelmRelease", name, observed, conditions);
    release["spec"] = json!({"chart": {"spec": {"chart": "c", "sourceRef": {"kind": "HelmRepository", "name": "r"}}}});
    release
}

/// The same object with the fields of `patch` merged in.
pub(super) fn with(mut object: Value, patch: Value) -> Value {
    fn merge(into: &mut Value, from: Value) {
        match (into, from) {
            (Value::Object(into), Value::Object(from)) => {
                from.into_iter().for_each(|(key, value)| merge(into.entry(key).or_insert(Value::Null), value));
            }
            (into, from) => *into = from,
        }
    }
    merge(&mut object, patch);
    object
}

/// A source that is ready since so many seconds after the start, with an artifact.
pub(super) fn source(kind: &str, name: &str, since: i64) -> Value {
    let status = json!({"artifact": {"revision": "main@sha1:2", "lastUpdateTime": at(since).to_string()}});
    let source = with(object(kind, name, 1, &[ready(since)]), json!({"status": status}));
    match kind {
        "HelmChart" => {
            with(source, json!({"spec": {"chart": "c", "sourceRef": {"kind": "HelmRepository", "name": "r"}}}))
        }
        _ => source,
    }
}

pub(super) fn scene(objects: &[Value]) -> Scene {
    attended(Workforce::default(), objects)
}

pub(super) fn attended(workforce: Workforce, objects: &[Value]) -> Scene {
    let objects: Vec<Object> = objects.iter().cloned().map(Object::new).collect();
    let scene = Scene::of(at(0), workforce, &objects);
    assert_eq!(scene.subjects().count(), objects.len(), "an object was not read");
    scene
}

pub(super) fn place(kind: &str, name: &str) -> Place {
    Place::new(kind, "apps", name).unwrap()
}

pub(super) fn subject<'a>(scene: &'a Scene, kind: &str, name: &str) -> &'a Subject {
    scene.get(&place(kind, name)).unwrap()
}

/// What is said of an object, so many seconds after the start.
pub(super) fn found(scene: &Scene, kind: &str, name: &str, seconds: i64) -> Diagnosis {
    diagnose(scene, subject(scene, kind, name), at(seconds))
}

/// The cause that is found of the release `a` among these objects.
pub(super) fn cause(objects: &[Value], seconds: i64) -> Cause {
    found(&scene(objects), "HelmRelease", "a", seconds).cause
}

/// What would help the release `a`.
pub(super) fn remedy(objects: &[Value], seconds: i64) -> Option<Remedy> {
    cause(objects, seconds).remedy()
}
