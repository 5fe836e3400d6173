//! A unit that was dropped where it was.

use fluxlift_core::{ErrorKind, Explain, Hint};
use fluxlift_gate::Proof;
use thiserror::Error;

/// The run was aborted while the unit was at work.
#[derive(Debug, Error)]
#[error("it was aborted{}", .0.as_ref().map(waiting_for).unwrap_or_default())]
pub(super) struct Aborted(Option<Proof>);

impl Aborted {
    /// After `proofs`, the last of which is of the gate that was still open.
    pub(super) fn after(proofs: &[Proof]) -> Self {
        Self(proofs.last().filter(|proof| !proof.verdict.is_proven()).cloned())
    }
}

fn waiting_for(proof: &Proof) -> String {
    format!(" while waiting for {}; the last verdict was: {}", proof.gate, proof.verdict)
}

impl Explain for Aborted {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Interrupted
    }

    fn hints(&self) -> Vec<Hint> {
        vec![Hint::new("run `fluxlift resume`: it looks at what was half done before it goes on")]
    }
}
