//! Whether an object is healthy: what `wait: true` waits for, after kstatus.

use serde_json::Value;

use crate::controllers::conditions;
use crate::controllers::object::{generation, is_deleting, number, text};

/// Whether `object` has become what its spec wants.
pub fn is_healthy(object: &Value) -> bool {
    if is_deleting(object) {
        return false;
    }
    let observed = number(object, "/status/observedGeneration");
    let count = |pointer: &str| number(object, pointer).unwrap_or(0);
    match text(object, "/kind") {
        "Deployment" => {
            let wanted = number(object, "/spec/replicas").unwrap_or(1);
            observed == Some(generation(object))
                && count("/status/updatedReplicas") >= wanted
                && count("/status/availableReplicas") >= wanted
                && count("/status/replicas") <= wanted
        }
        "DaemonSet" => {
            observed == Some(generation(object))
                && count("/status/numberAvailable") >= count("/status/desiredNumberScheduled")
        }
        "CustomResourceDefinition" => conditions::is_true(object, "Established"),
        "Pod" => conditions::is_true(object, "Ready"),
        // Anything with a Ready condition says it itself; what has no status is healthy when it exists.
        _ => match conditions::get(object, "Ready") {
            Some(ready) => ready["status"] == "True" && observed.is_none_or(|observed| observed == generation(object)),
            None => observed.is_none_or(|observed| observed == generation(object)),
        },
    }
}
