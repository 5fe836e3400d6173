//! The echo of `reconcile.fluxcd.io/requestedAt`.

use serde_json::{Value, json};

use super::kinds::REQUESTED_AT;
use crate::controllers::object::annotation;

/// Whether `object` has a `requestedAt` that no pass has seen yet.
pub fn is_new(object: &Value) -> bool {
    let asked = annotation(object, REQUESTED_AT);
    asked.is_some() && asked != object["status"]["lastHandledReconcileAt"].as_str()
}

/// Notes in `status` that the pass over `object` saw its `requestedAt`: every pass does, the first and a suspended one
/// included.
pub fn echo(object: &Value, status: &mut Value) {
    if let Some(token) = annotation(object, REQUESTED_AT) {
        status["lastHandledReconcileAt"] = json!(token);
    }
}
