//! One unit at work.

use std::sync::Arc;
use std::time::Duration;

use fluxlift_core::deadline::human_duration;
use fluxlift_core::{ChangeKind, ErrorKind, EventKind, Explain, Hint, Timestamp, UnitPath};
use fluxlift_gate::Proof;
use fluxlift_gate::observe::pace;
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::Retry;
use crate::hooks::Hooks;
use crate::unit::{Applied, Change, Prior, Unit, UnitContext, UnitError};
use crate::{Command, InputHash};

/// How long a unit may take to end its current act once its deadline has passed.
const GRACE: Duration = Duration::from_secs(60);

/// A unit, ready to go.
pub(super) struct Executor {
    pub(super) path: UnitPath,
    pub(super) command: Command,
    pub(super) unit: Box<dyn Unit>,
    pub(super) cx: UnitContext,
    pub(super) hooks: Hooks,
    pub(super) retries: Vec<Retry>,
    /// Whether the state says that nothing but the world itself can call for an apply.
    pub(super) settled: bool,
    /// Why its last run was not proven, if it was not.
    pub(super) unproven: Option<String>,
    pub(super) module: String,
    pub(super) input_hash: Option<InputHash>,
    pub(super) started: Timestamp,
}

/// A unit that came to its end.
pub(super) struct Ended {
    pub(super) path: UnitPath,
    pub(super) started: Option<Timestamp>,
    pub(super) proofs: Vec<Proof>,
    pub(super) outcome: Result<Outcome, Arc<UnitError>>,
    /// What failed after the unit's own work was done: its outcome counts nevertheless.
    pub(super) afterwards: Option<Arc<UnitError>>,
}

/// What a unit came to.
pub(super) enum Outcome {
    /// Nothing differed, nothing was done.
    Unchanged,
    /// It was applied.
    Applied { module: String, input_hash: Option<InputHash>, change: ChangeKind, applied: Applied },
    /// What it had made is gone.
    Destroyed,
}

impl Executor {
    /// Works until the unit has ended or its deadline has passed.
    pub(super) async fn run(self) -> Ended {
        let mut work = Box::pin(self.work());
        let (outcome, afterwards) = match tokio::time::timeout(self.cx.deadline.budget(), &mut work).await {
            Ok(ended) => ended,
            Err(_) => {
                // First ask, as a first Ctrl-C does: the current act ends, and what it made is kept.
                self.cx.gates.cancel.cancel();
                match tokio::time::timeout(GRACE, &mut work).await {
                    Ok((Ok(outcome), afterwards)) => (Ok(outcome), afterwards),
                    Ok((Err(error), _)) => (Err(self.out_of_time(Some(error))), None),
                    Err(_) => (Err(self.out_of_time(None)), None),
                }
            }
        };
        drop(work);
        Ended {
            path: self.path,
            started: Some(self.started),
            proofs: self.cx.gates.ledger.proofs(),
            outcome: outcome.map_err(Arc::new),
            afterwards: afterwards.map(Arc::new),
        }
    }

    /// The unit's work between its hooks: what came of the one, and what failed after it.
    async fn work(&self) -> (Result<Outcome, UnitError>, Option<UnitError>) {
        let outcome = match self.hooks.before().await {
            Ok(()) => self.act().await,
            Err(error) => Err(error),
        };
        let after = self.hooks.after(outcome.as_ref().err()).await;
        (outcome, after.err())
    }

    /// The work itself, as often as the tree's owner wants it tried.
    async fn act(&self) -> Result<Outcome, UnitError> {
        let mut attempt = 1;
        loop {
            let error = match self.attempt().await {
                Ok(outcome) => return Ok(outcome),
                Err(error) => error,
            };
            let Some(Retry { name, attempts, pause, .. }) = self.retries.iter().find(|one| one.fits(&error, attempt))
            else {
                return Err(error);
            };
            self.cx.gates.events.warn(format!(
                "attempt {attempt} of {attempts} failed and is made again after {} ({name}): {}",
                human_duration(*pause),
                error.chain()
            ));
            tokio::select! {
                biased;
                () = self.cx.gates.cancel.cancelled() => return Err(error),
                () = pace(*pause) => attempt += 1,
            }
        }
    }

    async fn attempt(&self) -> Result<Outcome, UnitError> {
        match self.command {
            Command::Destroy => {
                self.unit.destroy(&self.cx).await?;
                Ok(Outcome::Destroyed)
            }
            Command::Plan | Command::Apply => self.apply().await,
        }
    }

    async fn apply(&self) -> Result<Outcome, UnitError> {
        let change = considering(self.unit.plan(&self.cx).await?, self.unproven.as_deref(), self.cx.prior.as_ref());
        let kind = change.kind;
        self.cx.gates.events.emit(EventKind::Planned { change: kind, reasons: change.reasons });
        if kind == ChangeKind::None && self.settled {
            return Ok(Outcome::Unchanged);
        }
        let applied = self.unit.apply(&self.cx).await?;
        let (module, input_hash) = (self.module.clone(), self.input_hash.clone());
        Ok(Outcome::Applied { module, input_hash, change: kind, applied })
    }

    /// The deadline as an error. What the unit was doing when it was asked to stop says more than that it was stopped.
    fn out_of_time(&self, source: Option<UnitError>) -> UnitError {
        OutOfTime { budget: self.cx.deadline.budget(), source }.into()
    }
}

/// The deadline of a unit passed.
#[derive(Debug, Error)]
#[error("the unit did not end within {}", human_duration(*budget))]
struct OutOfTime {
    budget: Duration,
    #[source]
    source: Option<UnitError>,
}

impl Explain for OutOfTime {
    fn kind(&self) -> ErrorKind {
        ErrorKind::NotProven
    }

    fn hints(&self) -> Vec<Hint> {
        // Going on is said once, below.
        let others = self.source.iter().flat_map(|error| error.hints()).cloned();
        let mut hints: Vec<Hint> = others.filter(|hint| !hint.to_string().contains("fluxlift resume")).collect();
        hints.extend([
            Hint::new("mend what it waited for, then run `fluxlift resume`; nothing done so far is lost"),
            Hint::new("if it only needs longer, run the same command again with a later --unit-deadline"),
        ]);
        hints
    }
}

/// A unit whose last run was not proven is applied again even when it sees nothing to change.
pub(crate) fn considering(mut change: Change, unproven: Option<&str>, prior: Option<&Prior>) -> Change {
    if let (ChangeKind::None, Some(why)) = (change.kind, unproven) {
        change.kind = ChangeKind::Update;
        // Seeing nothing to change, it does not change its outputs either.
        change.outputs = change.outputs.or_else(|| prior.map(|prior| prior.outputs.clone()));
        change.reasons.push(format!("its last run was not proven: {why}"));
    }
    change
}

/// A unit's own seed: the run's seed and the unit's name give it, so that units do not disturb each other.
pub(crate) fn seed_of(seed: u64, key: &UnitPath) -> u64 {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update(key.as_str().as_bytes());
    let digest = hash.finalize();
    digest.iter().take(8).fold(0, |n, byte| n << 8 | u64::from(*byte))
}
