//! Every file is read once.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{SourceFile, SourceText, TemplateFile};
use crate::error::Outcome;

/// The files of a run, by absolute path.
#[derive(Debug, Default)]
pub(crate) struct SourceCache {
    /// What paths are shown relative to.
    shown_from: PathBuf,
    bytes: Mutex<BTreeMap<PathBuf, Arc<[u8]>>>,
    files: Mutex<BTreeMap<PathBuf, Arc<SourceFile>>>,
    templates: Mutex<BTreeMap<PathBuf, Arc<TemplateFile>>>,
}

impl SourceCache {
    /// An empty cache that shows paths relative to `shown_from` where they are below it.
    pub(crate) fn new(shown_from: PathBuf) -> Self {
        Self { shown_from, ..Self::default() }
    }

    /// How many files were read from disk.
    pub(crate) fn files_read(&self) -> usize {
        lock(&self.bytes).len()
    }

    /// The content of `path`.
    pub(crate) fn bytes(&self, path: &Path) -> io::Result<Arc<[u8]>> {
        if let Some(bytes) = lock(&self.bytes).get(path) {
            return Ok(bytes.clone());
        }
        let bytes: Arc<[u8]> = std::fs::read(path)?.into();
        lock(&self.bytes).insert(path.to_owned(), bytes.clone());
        Ok(bytes)
    }

    /// The content of `path` as text.
    pub(crate) fn text(&self, path: &Path) -> io::Result<SourceText> {
        let bytes = self.bytes(path)?;
        let text =
            std::str::from_utf8(&bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))?;
        Ok(SourceText {
            path: path.to_owned(),
            shown: self.shown(path),
            text: text.trim_start_matches('\u{feff}').into(),
        })
    }

    /// The configuration file `path`, parsed.
    pub(crate) fn file(&self, path: &Path) -> io::Result<Outcome<Arc<SourceFile>>> {
        if let Some(file) = lock(&self.files).get(path) {
            return Ok(Ok(file.clone()));
        }
        let source = self.text(path)?;
        Ok(SourceFile::parse(source).map(|file| {
            let file = Arc::new(file);
            lock(&self.files).insert(path.to_owned(), file.clone());
            file
        }))
    }

    /// The template file `path`, parsed.
    pub(crate) fn template(&self, path: &Path) -> io::Result<Outcome<Arc<TemplateFile>>> {
        if let Some(file) = lock(&self.templates).get(path) {
            return Ok(Ok(file.clone()));
        }
        let source = self.text(path)?;
        Ok(TemplateFile::parse(source).map(|file| {
            let file = Arc::new(file);
            lock(&self.templates).insert(path.to_owned(), file.clone());
            file
        }))
    }

    /// `path` as people see it.
    pub(crate) fn shown(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.shown_from).unwrap_or(path).to_owned()
    }
}

/// The guarded value; what a panicking thread left behind is still a whole map.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
