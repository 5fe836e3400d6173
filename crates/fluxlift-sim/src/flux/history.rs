//! `status.history` of a Kustomization and of a FluxInstance: what was reconciled, with which outcome, and how often.

use fluxlift_core::Timestamp;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::controllers::conditions::moment;
use crate::controllers::object::{some_text, text};

/// How many outcomes are kept.
const MOST: usize = 5;

/// One reconciliation that has come to its end.
#[derive(Debug)]
pub struct Entry<'a> {
    /// What was reconciled.
    pub digest: String,
    /// The reason in the Ready condition.
    pub outcome: &'a str,
    /// What else is known of it; `null` for nothing.
    pub metadata: Value,
    /// When it began.
    pub began: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
}

/// Notes a reconciliation in `status`: the same content with the same outcome is counted, anything else comes first.
pub fn note(status: &mut Value, entry: Entry<'_>) {
    let mut history = status["history"].as_array().cloned().unwrap_or_default();
    let same =
        |held: &Value| text(held, "/digest") == entry.digest && text(held, "/lastReconciledStatus") == entry.outcome;
    let held = history.iter().position(same).map(|at| history.remove(at)).unwrap_or_default();
    let ended = moment(entry.ended);
    let took = entry.ended.duration_since(entry.began).as_millis();
    let mut noted = json!({
        "digest": entry.digest, "lastReconciledStatus": entry.outcome,
        "firstReconciled": some_text(&held, "/firstReconciled").unwrap_or(&ended), "lastReconciled": ended,
        "lastReconciledDuration": format!("{took}ms"),
        "totalReconciliations": held["totalReconciliations"].as_i64().unwrap_or(0) + 1,
    });
    if !entry.metadata.is_null() {
        noted["metadata"] = entry.metadata;
    }
    history.insert(0, noted);
    history.truncate(MOST);
    status["history"] = json!(history);
}

/// How long something took, as a controller writes what it measured.
pub fn measured(took: SignedDuration) -> String {
    format!("{}.{:03}s", took.as_secs(), took.subsec_millis())
}
