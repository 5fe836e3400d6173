//! Where a tree's runs keep what they must not forget.

use std::path::{Path, PathBuf};

use crate::journal::RunId;

/// The folder of a tree's state, journals and lock: `.fluxlift` beside the tree's root unless it is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home(PathBuf);

impl Home {
    /// The home at `folder`; it is made when something is first written.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// The folder itself.
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// The state.
    pub fn state(&self) -> PathBuf {
        self.0.join("state.json")
    }

    /// The state before its last write.
    pub fn backup(&self) -> PathBuf {
        self.0.join("state.json.backup")
    }

    /// The file that the operating system locks.
    pub fn lock(&self) -> PathBuf {
        self.0.join("lock")
    }

    /// Who holds the lock.
    pub fn owner(&self) -> PathBuf {
        self.0.join("lock.json")
    }

    /// The folder of the journals.
    pub fn journals(&self) -> PathBuf {
        self.0.join("journal")
    }

    /// The journal of `run`.
    pub fn journal(&self, run: RunId) -> PathBuf {
        self.journals().join(format!("{:08}.jsonl", run.0))
    }
}
