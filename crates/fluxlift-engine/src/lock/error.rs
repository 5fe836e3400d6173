//! What can be wrong with a lock.

use std::io;
use std::path::PathBuf;

use fluxlift_core::{ErrorKind, Explain, Hint};
use thiserror::Error;

use super::Owner;

/// A lock that was not taken, or was lost.
#[derive(Debug, Error)]
pub enum LockError {
    /// Another run holds it.
    #[error("the state is locked by {}", owner.as_ref().map_or_else(|| "a process that left no name".to_owned(), ToString::to_string))]
    Held {
        /// Who, where it is known.
        owner: Option<Owner>,
        /// Whether the lock was left behind by another machine, so that this one can't tell whether it lives.
        elsewhere: bool,
    },
    /// A later run was let in by `unlock`.
    #[error("this run was fenced off: it has epoch {ours}, the lock now has epoch {theirs}")]
    Fenced {
        /// The epoch of this run.
        ours: u64,
        /// The epoch of the lock.
        theirs: u64,
    },
    /// The file system refused.
    #[error("could not {what} {}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
}

impl Explain for LockError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Held { .. } => ErrorKind::LockHeld,
            // Nobody asked this run to stop, and resuming it would fight with the one that took over.
            Self::Fenced { .. } | Self::Io { .. } => ErrorKind::Failed,
        }
    }

    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Held { elsewhere: true, .. } => {
                vec![Hint::new("if that machine no longer runs it, free the lock with `fluxlift state unlock`")]
            }
            Self::Held { .. } => vec![
                Hint::new("wait for that run to end"),
                Hint::new("if it hangs, end its process; the lock is free as soon as it is gone"),
            ],
            Self::Fenced { .. } => vec![Hint::new("another run has taken over; nothing more was written by this one")],
            Self::Io { .. } => vec![],
        }
    }
}
