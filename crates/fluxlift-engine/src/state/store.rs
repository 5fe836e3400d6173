//! Where a state lies.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use async_trait::async_trait;
use serde::Deserialize;

use super::StoreError;
use crate::{Home, atomic};

/// Which state it is: two with the same revision are the same.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Revision {
    /// The lineage.
    pub lineage: String,
    /// The serial.
    pub serial: u64,
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "serial {} of lineage {}", self.serial, self.lineage)
    }
}

/// A place for one state document.
///
/// A write either replaces the whole document or leaves it as it was, and it is refused when the document is not the
/// one that the writer has read: that is what a conditional put is in an object store, and a resourceVersion in a
/// Kubernetes Secret.
#[async_trait]
pub trait Store: Send + Sync {
    /// Where it is, for messages.
    fn place(&self) -> String;

    /// The document, if there is one.
    ///
    /// # Errors
    /// When it can't be read.
    async fn load(&self) -> Result<Option<String>, StoreError>;

    /// Replaces the document of revision `replaces` (`None`: there must be none).
    ///
    /// # Errors
    /// When it can't be written, or another revision is there.
    async fn save(&self, document: &str, replaces: Option<&Revision>) -> Result<(), StoreError>;
}

/// The state in a local folder, with a backup of the one before.
#[derive(Debug, Clone)]
pub struct FolderStore(Home);

impl FolderStore {
    /// The state of `home`.
    pub const fn new(home: Home) -> Self {
        Self(home)
    }

    fn read(&self) -> Result<Option<String>, StoreError> {
        let path = self.0.state();
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StoreError::Io { what: "read", path, source }),
        }
    }

    fn conflict(&self, found: Option<Revision>, known: Option<&Revision>) -> StoreError {
        let words = |revision: Option<&Revision>| revision.map_or_else(|| "no state".to_owned(), ToString::to_string);
        StoreError::Conflict { place: self.place(), found: words(found.as_ref()), known: words(known) }
    }
}

#[async_trait]
impl Store for FolderStore {
    fn place(&self) -> String {
        self.0.state().display().to_string()
    }

    async fn load(&self) -> Result<Option<String>, StoreError> {
        self.read()
    }

    async fn save(&self, document: &str, replaces: Option<&Revision>) -> Result<(), StoreError> {
        let written = |path: &Path, source| StoreError::Io { what: "write", path: path.to_owned(), source };
        atomic::private_folder(self.0.folder()).map_err(|e| written(self.0.folder(), e))?;
        let current = self.read()?;
        let found: Option<Revision> = current.as_deref().and_then(|text| serde_json::from_str(text).ok());
        if found.as_ref() != replaces || current.is_some() != replaces.is_some() {
            return Err(self.conflict(found, replaces));
        }
        if let Some(current) = &current {
            atomic::write(&self.0.backup(), current.as_bytes()).map_err(|e| written(&self.0.backup(), e))?;
        }
        atomic::write(&self.0.state(), document.as_bytes()).map_err(|e| written(&self.0.state(), e))
    }
}
