//! The journal's file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fluxlift_core::Timestamp;

use super::chain::{self, Link, Refusal, VERSION, must_be_durable};
use super::{Entry, JournalError, Record};
use crate::atomic;

/// Sees every record before and after it is on disk. The crash tests copy the world here.
pub trait JournalObserver: Send + Sync {
    /// The record is about to be written.
    ///
    /// # Errors
    /// An error fails the write, as a full disk would.
    fn before(&self, entry: &Entry) -> io::Result<()> {
        let _ = entry;
        Ok(())
    }

    /// The record is on disk.
    fn after(&self, entry: &Entry) {
        let _ = entry;
    }
}

/// Sees nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoObserver;

impl JournalObserver for NoObserver {}

/// One run's journal, open for writing.
pub struct Journal {
    path: PathBuf,
    file: File,
    entries: Vec<Entry>,
    link: Link,
    failed: bool,
    observer: Arc<dyn JournalObserver>,
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journal")
            .field("path", &self.path)
            .field("entries", &self.entries.len())
            .finish_non_exhaustive()
    }
}

impl Journal {
    /// Makes a new journal at `path`.
    ///
    /// # Errors
    /// When the file exists or can't be made.
    pub fn create(path: &Path, observer: Arc<dyn JournalObserver>) -> Result<Self, JournalError> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let made = |source| JournalError::Io { what: "make", path: path.to_owned(), source };
        atomic::private_folder(folder).map_err(made)?;
        let file = OpenOptions::new().append(true).create_new(true).mode(0o600).open(path).map_err(made)?;
        atomic::sync_folder(folder).map_err(made)?;
        Ok(Self { path: path.to_owned(), file, entries: Vec::new(), link: Link::default(), failed: false, observer })
    }

    /// Opens the journal at `path` to go on with it. A torn last line is cut off.
    ///
    /// # Errors
    /// When it can't be read, or a line in it is broken.
    pub fn reopen(path: &Path, observer: Arc<dyn JournalObserver>) -> Result<Self, JournalError> {
        let Sound { entries, link, length } = read_sound(path)?;
        let failed = |source| JournalError::Io { what: "write", path: path.to_owned(), source };
        let file = OpenOptions::new().append(true).open(path).map_err(failed)?;
        file.set_len(length).and_then(|()| file.sync_all()).map_err(failed)?;
        Ok(Self { path: path.to_owned(), file, entries, link, failed: false, observer })
    }

    /// The entries so far.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Appends a record. When it returns, the record is on disk, except for the proof of a gate: that is on disk with
    /// the next record that is.
    ///
    /// # Errors
    /// When the record can't be written; from then on no other can.
    pub fn append(&mut self, at: Timestamp, record: Record) -> io::Result<()> {
        if self.failed {
            return Err(io::Error::other("an earlier record could not be written"));
        }
        let entry = Entry { v: VERSION, seq: self.entries.len() as u64 + 1, at, record };
        let written = self.write(&entry);
        // What a failed write left behind is not known: only reopening can tell.
        self.failed = written.is_err();
        self.link = written?;
        self.observer.after(&entry);
        self.entries.push(entry);
        Ok(())
    }

    fn write(&mut self, entry: &Entry) -> io::Result<Link> {
        self.observer.before(entry)?;
        let (line, link) = chain::encode(&self.link, entry)?;
        self.file.write_all(line.as_bytes())?;
        if must_be_durable(&entry.record) {
            self.file.sync_data()?;
        }
        Ok(link)
    }
}

/// A journal that the dispatcher and the units share.
pub type SharedJournal = Arc<Mutex<Journal>>;

/// The journal behind `shared`, even if a writer panicked.
pub(crate) fn shared(journal: &SharedJournal) -> MutexGuard<'_, Journal> {
    journal.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The lines of a journal that are whole.
pub(super) struct Sound {
    pub(super) entries: Vec<Entry>,
    link: Link,
    length: u64,
}

/// Reads and checks a journal. Everything after the last newline is torn and left out.
pub(super) fn read_sound(path: &Path) -> Result<Sound, JournalError> {
    let bytes = fs::read(path).map_err(|source| JournalError::Io { what: "read", path: path.to_owned(), source })?;
    let length = bytes.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
    let (mut entries, mut link) = (Vec::new(), Link::default());
    for (n, line) in bytes[..length].split_inclusive(|&b| b == b'\n').enumerate() {
        let text = std::str::from_utf8(&line[..line.len() - 1]).map_err(|_| JournalError::Broken {
            path: path.to_owned(),
            line: n + 1,
            why: "the line is not text",
        })?;
        let (entry, next) = chain::decode(&link, n as u64 + 1, text).map_err(|refusal| match refusal {
            Refusal::Version(version) => JournalError::Version { path: path.to_owned(), version },
            Refusal::Broken(why) => JournalError::Broken { path: path.to_owned(), line: n + 1, why },
        })?;
        link = next;
        entries.push(entry);
    }
    Ok(Sound { entries, link, length: length as u64 })
}
