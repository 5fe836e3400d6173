//! What all restores of one run share.

use std::sync::Mutex;
use std::sync::PoisonError;

use fluxlift_core::Deadline;
use fluxlift_gate::GateContext;
use fluxlift_kube::Cluster;

use crate::draw::Draw;

/// How long a request that fails in passing is repeated.
const ACTS: Deadline = Deadline::minutes(2);

/// How much at a time, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How many restores may read from one repository at a time.
    pub per_repository: usize,
    /// How long what a restore needs may take to be there.
    pub needs: Deadline,
    /// How long each step of a restore may take: to be idle, to synchronize, the image, the claims.
    pub restore: Deadline,
}

impl Default for Limits {
    fn default() -> Self {
        Self { per_repository: 2, needs: Deadline::minutes(3), restore: Deadline::minutes(60) }
    }
}

/// What all restores of one run share.
#[derive(Debug)]
pub struct Round {
    /// Time, events, cancellation, ledger.
    pub cx: GateContext,
    /// The cluster, whose requests are repeated when they fail in passing.
    pub cluster: Cluster,
    /// The cluster, where nothing has been begun yet and a failure can be told at once.
    pub sight: Cluster,
    /// How much at a time, and for how long.
    pub limits: Limits,
    /// Who runs it, for whoever finds a backup held: `user@host`.
    pub who: String,
    /// What names this run.
    pub run: String,
    draw: Mutex<Draw>,
}

impl Round {
    /// A run by `who`.
    pub fn new(cx: &GateContext, cluster: &Cluster, limits: Limits, who: impl Into<String>, seed: u64) -> Self {
        let mut draw = Draw::new(seed, cx.clock.now());
        let run = draw.word(8);
        let (sight, cluster) = (cluster.clone(), cluster.persistent(cx, ACTS));
        Self { cx: cx.clone(), cluster, sight, limits, who: who.into(), run, draw: Mutex::new(draw) }
    }

    /// A word that nobody has used before.
    pub fn word(&self) -> String {
        self.draw.lock().unwrap_or_else(PoisonError::into_inner).word(8)
    }
}
