//! Why a run could not be done at all. A unit that fails is not such an error: it is in the report.

use std::fmt;
use std::io;
use std::sync::Arc;

use fluxlift_core::{ErrorKind, Explain, Hint, UnitPath};
use thiserror::Error;

use crate::journal::{JournalError, RunId};
use crate::lock::LockError;
use crate::schedule::ScheduleError;
use crate::state::StateError;
use crate::unit::UnitError;

/// Units that failed, each with its error.
#[derive(Debug, Clone)]
pub struct Failures(pub Vec<(UnitPath, Arc<UnitError>)>);

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, (unit, error)) in self.0.iter().enumerate() {
            let comma = if n == 0 { "" } else { "; " };
            write!(f, "{comma}{unit}: {error}")?;
        }
        Ok(())
    }
}

/// A run that could not be done.
#[derive(Debug, Error)]
pub enum RunError {
    /// The units can't be put in order.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// The lock was not taken.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The state can't be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// A journal can't be read or made.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The journal could not take a record.
    #[error("the journal of {run} could not be written")]
    JournalWrite {
        /// The run.
        run: RunId,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// Units could not be planned.
    #[error("could not plan {0}")]
    Plan(Failures),
    /// The plan was made for another state or other units.
    #[error("the plan is stale: {0}")]
    StalePlan(String),
    /// The run was stopped before it began to change anything.
    #[error("the {0} was interrupted")]
    Interrupted(&'static str),
}

impl Explain for RunError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Lock(error) => error.kind(),
            Self::Plan(failures) => {
                failures.0.iter().map(|(_, error)| error.kind()).next().unwrap_or(ErrorKind::Failed)
            }
            Self::Interrupted(_) => ErrorKind::Interrupted,
            _ => ErrorKind::Failed,
        }
    }

    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Schedule(error) => error.hints(),
            Self::Lock(error) => error.hints(),
            Self::State(error) => error.hints(),
            Self::Journal(error) => error.hints(),
            Self::JournalWrite { .. } => vec![Hint::new(
                "nothing that can't be repeated was done without a record; make room, then run `fluxlift resume`",
            )],
            Self::Plan(failures) => failures.0.iter().flat_map(|(_, error)| error.hints().iter().cloned()).collect(),
            Self::StalePlan(_) => vec![Hint::new("plan again and apply that plan")],
            Self::Interrupted(_) => vec![],
        }
    }
}
