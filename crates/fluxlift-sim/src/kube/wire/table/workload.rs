//! Columns of what runs containers.

use fluxlift_core::Timestamp;
use serde_json::{Value, json};

use super::age;
use super::columns::{AGE, Column, number, text, wide};
use crate::kube::meta;

fn count(object: &Value, path: &[&str]) -> i64 {
    meta::at(object, path).and_then(Value::as_i64).unwrap_or_default()
}

fn of_template(object: &Value, field: &str) -> Value {
    let containers = meta::list(object, &["spec", "template", "spec", "containers"]);
    json!(containers.iter().map(|c| meta::text(c, &[field])).collect::<Vec<_>>().join(","))
}

fn selector(object: &Value, _: Timestamp) -> Value {
    let labels = meta::at(object, &["spec", "selector", "matchLabels"]).and_then(Value::as_object);
    let labels =
        labels.into_iter().flatten().map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()));
    json!(labels.collect::<Vec<_>>().join(","))
}

const CONTAINERS: Column = wide("Containers", |object, _| of_template(object, "name"));
const IMAGES: Column = wide("Images", |object, _| of_template(object, "image"));
const SELECTOR: Column = wide("Selector", selector);

/// Deployments.
pub const DEPLOYMENT: &[Column] = &[
    text("Ready", |o, _| {
        json!(format!("{}/{}", count(o, &["status", "readyReplicas"]), count(o, &["spec", "replicas"])))
    }),
    number("Up-to-date", |o, _| json!(count(o, &["status", "updatedReplicas"]))),
    number("Available", |o, _| json!(count(o, &["status", "availableReplicas"]))),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
];

/// ReplicaSets.
pub const REPLICA_SET: &[Column] = &[
    number("Desired", |o, _| json!(count(o, &["spec", "replicas"]))),
    number("Current", |o, _| json!(count(o, &["status", "replicas"]))),
    number("Ready", |o, _| json!(count(o, &["status", "readyReplicas"]))),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
];

/// StatefulSets.
pub const STATEFUL_SET: &[Column] = &[
    text("Ready", |o, _| {
        json!(format!("{}/{}", count(o, &["status", "readyReplicas"]), count(o, &["spec", "replicas"])))
    }),
    AGE,
    CONTAINERS,
    IMAGES,
];

/// DaemonSets.
pub const DAEMON_SET: &[Column] = &[
    number("Desired", |o, _| json!(count(o, &["status", "desiredNumberScheduled"]))),
    number("Current", |o, _| json!(count(o, &["status", "currentNumberScheduled"]))),
    number("Ready", |o, _| json!(count(o, &["status", "numberReady"]))),
    number("Up-to-date", |o, _| json!(count(o, &["status", "updatedNumberScheduled"]))),
    number("Available", |o, _| json!(count(o, &["status", "numberAvailable"]))),
    text("Node Selector", |o, _| {
        let wanted = meta::at(o, &["spec", "template", "spec", "nodeSelector"]).and_then(Value::as_object);
        let wanted = wanted.into_iter().flatten().map(|(k, v)| format!("{k}={}", v.as_str().unwrap_or_default()));
        let wanted = wanted.collect::<Vec<_>>().join(",");
        json!(if wanted.is_empty() { "<none>".to_owned() } else { wanted })
    }),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
];

/// Jobs.
pub const JOB: &[Column] = &[
    text("Status", |o, _| {
        let is = |kind: &str| {
            meta::list(o, &["status", "conditions"]).iter().any(|c| c["type"] == kind && c["status"] == "True")
        };
        json!(match (is("Complete"), is("Failed")) {
            (true, _) => "Complete",
            (false, true) => "Failed",
            (false, false) => "Running",
        })
    }),
    text("Completions", |o, _| {
        json!(format!("{}/{}", count(o, &["status", "succeeded"]), count(o, &["spec", "completions"])))
    }),
    text("Duration", |o, now| {
        let (start, end) = (meta::text(o, &["status", "startTime"]), meta::text(o, &["status", "completionTime"]));
        json!(match (start, end.parse()) {
            ("", _) => String::new(),
            (start, Ok(end)) => age::since(start, end),
            (start, Err(_)) => age::since(start, now),
        })
    }),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
];

/// Pods.
pub const POD: &[Column] = &[
    text("Ready", |pod, _| {
        let containers = meta::list(pod, &["spec", "containers"]).len();
        let ready = meta::list(pod, &["status", "containerStatuses"]).iter().filter(|c| c["ready"] == true).count();
        json!(format!("{ready}/{containers}"))
    }),
    text("Status", |pod, _| json!(pod_status(pod))),
    text("Restarts", |pod, now| json!(restarts(pod, now))),
    AGE,
    wide("IP", |pod, _| json!(or_none(meta::text(pod, &["status", "podIP"])))),
    wide("Node", |pod, _| json!(or_none(meta::text(pod, &["spec", "nodeName"])))),
    wide("Nominated Node", |pod, _| json!(or_none(meta::text(pod, &["status", "nominatedNodeName"])))),
    wide("Readiness Gates", |_, _| json!("<none>")),
];

fn or_none(text: &str) -> &str {
    if text.is_empty() { "<none>" } else { text }
}

/// The one word for a Pod: the reason why a container does not run before the Pod's own phase.
fn pod_status(pod: &Value) -> String {
    if meta::is_terminating(pod) {
        return "Terminating".into();
    }
    let mut word = meta::text(pod, &["status", "phase"]);
    if let Some(reason) = meta::at(pod, &["status", "reason"]).and_then(Value::as_str) {
        word = reason;
    }
    for container in meta::list(pod, &["status", "containerStatuses"]) {
        for state in ["waiting", "terminated"] {
            let reason = meta::text(container, &["state", state, "reason"]);
            if !reason.is_empty() {
                word = reason;
            }
        }
    }
    if word.is_empty() { "Unknown".into() } else { word.to_owned() }
}

fn restarts(pod: &Value, now: Timestamp) -> String {
    let containers = meta::list(pod, &["status", "containerStatuses"]);
    let total: i64 = containers.iter().map(|c| count(c, &["restartCount"])).sum();
    let last = containers.iter().map(|c| meta::text(c, &["lastState", "terminated", "finishedAt"])).max();
    match last.filter(|last| total > 0 && !last.is_empty()) {
        Some(last) => format!("{total} ({} ago)", age::since(last, now)),
        None => total.to_string(),
    }
}
