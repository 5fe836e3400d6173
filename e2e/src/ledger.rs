//! What fluxlift says that it saw: the gates that it closed, read from its journals on disk.
//!
//! Nothing here is believed. It is what the [`history`](crate::history) is held against.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::LabError;

/// A gate that was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Its name.
    pub gate: String,
    /// `proven`, `pending` or `stuck`.
    pub verdict: String,
    /// Why it was not proven; what was read, where it was.
    pub why: String,
    /// The object that proves it, as `kind/namespace/name`.
    pub object: String,
    /// The object's UID.
    pub uid: Option<String>,
    /// The revision at which it was seen so.
    pub revision: Option<u64>,
    /// When it was opened, by fluxlift's clock.
    pub opened: Option<jiff::Timestamp>,
    /// When it was closed, by the same clock.
    pub closed: Option<jiff::Timestamp>,
    /// How long it was waited for, in whole seconds.
    pub seconds: u64,
}

impl Claim {
    /// Whether it is said to be proven.
    pub fn is_proven(&self) -> bool {
        self.verdict == "proven"
    }

    pub(crate) fn of(entry: &Value) -> Option<Self> {
        if entry["record"] != "gate-closed" {
            return None;
        }
        let proof = &entry["proof"];
        let evidence = &proof["evidence"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let time = |value: &Value| value.as_str().and_then(|time| time.parse().ok());
        Some(Self {
            gate: text(&proof["gate"]),
            verdict: text(&proof["verdict"]),
            why: text(if evidence.is_null() { &proof["why"] } else { &evidence["field"] }),
            object: text(&evidence["object"]),
            uid: evidence["uid"].as_str().map(str::to_owned),
            revision: evidence["resource_version"].as_str().and_then(|version| version.parse().ok()),
            opened: time(&proof["opened"]),
            closed: time(&entry["at"]),
            seconds: proof["waited"]["secs"].as_u64().unwrap_or_default(),
        })
    }
}

/// The claims of every run that kept its state in `state`, in order.
///
/// # Errors
/// When a journal cannot be read.
pub fn claims(state: &Path) -> Result<Vec<Claim>, LabError> {
    let mut all = Vec::new();
    for path in journals(state) {
        all.extend(records(&path)?.iter().filter_map(Claim::of));
    }
    Ok(all)
}

/// The journals in `state`, the oldest first.
pub fn journals(state: &Path) -> Vec<PathBuf> {
    // No folder, no journals.
    let entries = std::fs::read_dir(state.join("journal")).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    found.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    found.sort();
    found
}

/// The whole records of a journal; one that is torn by a crash is none.
///
/// # Errors
/// When it cannot be read.
pub fn records(journal: &Path) -> Result<Vec<Value>, LabError> {
    let text = std::fs::read_to_string(journal).map_err(LabError::io(format!("read {}", journal.display())))?;
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    Ok(lines.map(|mut line| line["entry"].take()).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_closed_gate_is_a_claim_with_the_revision_that_it_names() {
        let evidence =
            json!({"object": "helmrelease/flux-system/c", "uid": "u", "resource_version": "12", "field": "f"});
        let proven =
            json!({"record": "gate-closed", "proof": {"gate": "g", "verdict": "proven", "evidence": evidence}});
        let claim = Claim::of(&proven).unwrap();
        assert_eq!((claim.revision, claim.why.as_str(), claim.is_proven()), (Some(12), "f", true));
        let pending = json!({"record": "gate-closed", "proof": {"gate": "g", "verdict": "pending", "why": "not yet"}});
        assert_eq!(Claim::of(&pending).unwrap().why, "not yet");
        assert_eq!(Claim::of(&json!({"record": "unit-started"})), None);
    }
}
