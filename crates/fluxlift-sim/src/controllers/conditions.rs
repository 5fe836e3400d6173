//! Status conditions, as apimachinery keeps them.

use fluxlift_core::Timestamp;
use serde_json::{Value, json};

/// A moment as Kubernetes writes it: to the second, in UTC.
pub fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The condition `kind` of an object.
pub fn get<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    object.get("status")?.get("conditions")?.as_array()?.iter().find(|c| c["type"] == kind)
}

/// Whether the condition `kind` of an object is `True`.
pub fn is_true(object: &Value, kind: &str) -> bool {
    get(object, kind).is_some_and(|c| c["status"] == "True")
}

/// The status of the condition `kind`, or nothing.
pub fn status<'a>(object: &'a Value, kind: &str) -> &'a str {
    get(object, kind).and_then(|c| c["status"].as_str()).unwrap_or_default()
}

/// The reason of the condition `kind`, or nothing.
pub fn reason<'a>(object: &'a Value, kind: &str) -> &'a str {
    get(object, kind).and_then(|c| c["reason"].as_str()).unwrap_or_default()
}

/// Sets the condition `kind` in `status`; its transition time moves only when its status does.
pub fn set(status: &mut Value, now: Timestamp, generation: i64, kind: &str, [state, reason, message]: [&str; 3]) {
    let list = list(status);
    let mut condition = json!({
        "lastTransitionTime": moment(now), "message": message, "observedGeneration": generation,
        "reason": reason, "status": state, "type": kind,
    });
    match list.iter_mut().find(|c| c["type"] == kind) {
        Some(held) => {
            if held["status"] == state {
                condition["lastTransitionTime"] = held["lastTransitionTime"].take();
            }
            *held = condition;
        }
        None => list.push(condition),
    }
}

/// Whether `status` has the condition `kind`.
pub fn has(status: &Value, kind: &str) -> bool {
    status["conditions"].as_array().into_iter().flatten().any(|condition| condition["type"] == kind)
}

/// Marks an object as being worked on: then it is not stalled.
pub fn reconciling(status: &mut Value, now: Timestamp, generation: i64, reason: &str, message: &str) {
    remove(status, "Stalled");
    set(status, now, generation, "Reconciling", ["True", reason, message]);
}

/// Marks an object as one that nothing but a change of its spec helps: then it is not being worked on.
pub fn stalled(status: &mut Value, now: Timestamp, generation: i64, reason: &str, message: &str) {
    remove(status, "Reconciling");
    set(status, now, generation, "Stalled", ["True", reason, message]);
}

/// Marks an object that failed while it was worked on as one that is tried again; one that was not stays as it is.
pub fn retrying(status: &mut Value) {
    let list = status.get_mut("conditions").and_then(Value::as_array_mut);
    if let Some(held) = list.into_iter().flatten().find(|condition| condition["type"] == "Reconciling") {
        held["reason"] = json!("ProgressingWithRetry");
    }
}

/// Removes the condition `kind` from `status`.
pub fn remove(status: &mut Value, kind: &str) {
    if let Some(list) = status.get_mut("conditions").and_then(Value::as_array_mut) {
        list.retain(|c| c["type"] != kind);
    }
}

fn list(status: &mut Value) -> &mut Vec<Value> {
    if !status.is_object() {
        *status = json!({});
    }
    let list = &mut status["conditions"];
    if !list.is_array() {
        *list = json!([]);
    }
    match list {
        Value::Array(list) => list,
        _ => unreachable!("it was made an array just now"),
    }
}
