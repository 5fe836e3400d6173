//! The proof ledger: every gate of a run, with what was seen.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fluxlift_core::{GateName, Timestamp, Verdict};
use serde::{Deserialize, Serialize};

/// One gate that ended, well or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// The gate.
    pub gate: GateName,
    /// When it began to wait.
    pub opened: Timestamp,
    /// How long it waited.
    pub waited: Duration,
    /// How long it could have waited.
    pub deadline: Duration,
    /// For how long the last verdict was the last one.
    #[serde(default)]
    pub unchanged_for: Duration,
    /// The last verdict.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// The proofs of one unit's run, in the order in which the gates closed. Clones share one ledger.
#[derive(Debug, Clone, Default)]
pub struct Ledger(Arc<Mutex<Vec<Proof>>>);

impl Ledger {
    /// Appends a proof.
    pub fn record(&self, proof: Proof) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(proof);
    }

    /// All proofs so far.
    pub fn proofs(&self) -> Vec<Proof> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
