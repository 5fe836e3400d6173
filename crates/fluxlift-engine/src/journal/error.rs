//! What can be wrong with a journal.

use std::io;
use std::path::PathBuf;

use fluxlift_core::{ErrorKind, Explain, Hint};
use thiserror::Error;

use super::RunId;

/// A journal that can't be read or written.
#[derive(Debug, Error)]
pub enum JournalError {
    /// The file system refused.
    #[error("could not {what} {}", path.display())]
    Io {
        /// What was tried: `read`, `write`, `make`.
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A line is not what was written.
    #[error("{}:{line}: {why}", path.display())]
    Broken {
        /// The journal.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The journal was written by a later version.
    #[error("{} has version {version}, which this fluxlift does not know", path.display())]
    Version {
        /// The journal.
        path: PathBuf,
        /// Its version.
        version: u32,
    },
    /// There is nothing to resume.
    #[error("there is no unfinished run in {}", .0.display())]
    NothingToResume(PathBuf),
    /// A run was named that left no journal.
    #[error("{run} has no journal in {}", folder.display())]
    NoSuchRun {
        /// The run.
        run: RunId,
        /// The folder of the journals.
        folder: PathBuf,
    },
}

impl Explain for JournalError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Failed
    }

    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Broken { path, .. } => vec![Hint::new(format!(
                "the journal was changed after it was written; restore it, or move {} away and run apply: the world is observed anew",
                path.display()
            ))],
            Self::Version { .. } => vec![Hint::new("use the fluxlift that wrote it, or a newer one")],
            Self::NothingToResume(_) => vec![Hint::new("run `fluxlift run-all apply` to start a new run")],
            Self::NoSuchRun { .. } => vec![Hint::new("list the runs with `fluxlift report --list`")],
            Self::Io { .. } => vec![],
        }
    }
}
