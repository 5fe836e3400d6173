//! Taking the lock, giving it back, and breaking it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use super::owner::{drawn, placed};
use super::{Claimant, Holder, LockError, Owner};
use crate::{Home, atomic};

/// A lock that is held. Dropping it gives it back.
#[derive(Debug)]
pub struct Lock {
    fence: Fence,
    folder: String,
    claimant: Claimant,
    file: File,
}

/// A lock that was just taken.
#[derive(Debug)]
pub struct Acquired {
    /// The lock.
    pub lock: Lock,
    /// The owner who left without giving it back, if there was one.
    pub left_behind: Option<Owner>,
}

/// The right to write, which a later owner takes away.
#[derive(Debug, Clone)]
pub struct Fence {
    home: Home,
    epoch: u64,
}

impl Fence {
    /// The fencing token.
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Whether this run may still write.
    ///
    /// # Errors
    /// When a later run was let in, or the record can't be read.
    pub fn check(&self) -> Result<(), LockError> {
        let theirs = inspect(&self.home)?.epoch;
        if theirs == self.epoch { Ok(()) } else { Err(LockError::Fenced { ours: self.epoch, theirs }) }
    }
}

impl Lock {
    /// Takes the lock of `home` for `owner`. Its epoch is greater than `at_least` and than every epoch before.
    ///
    /// # Errors
    /// When another run holds it, with its owner; nothing is changed then.
    pub fn acquire(home: &Home, owner: Owner, at_least: u64) -> Result<Acquired, LockError> {
        atomic::private_folder(home.folder()).map_err(failed("make", home.folder()))?;
        let path = home.lock();
        let file = loop {
            let file = open(&path)?;
            match file.try_lock() {
                Ok(()) if is_at(&file, &path)? => break file,
                // It was broken in between: who locks the file that is gone keeps nobody out.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(LockError::Held { owner: inspect(home)?.owner, elsewhere: false });
                }
                Err(TryLockError::Error(source)) => return Err(LockError::Io { what: "lock", path, source }),
            }
        };
        let before = inspect(home)?;
        // The lock of another machine does not reach over every network file system.
        if before.owner.as_ref().is_some_and(|left| left.host != owner.host) {
            return Err(LockError::Held { owner: before.owner, elsewhere: true });
        }
        let epoch = before.epoch.max(at_least) + 1;
        let folder = if before.folder.is_empty() { drawn(&owner) } else { before.folder };
        record(home, &Holder { epoch, folder: folder.clone(), owner: Some(owner.clone()) })?;
        let claimant = Claimant { folder: placed(&folder, &owner.host, home.folder()), owner };
        let lock = Self { fence: Fence { home: home.clone(), epoch }, folder, claimant, file };
        Ok(Acquired { lock, left_behind: before.owner })
    }

    /// The right to write.
    pub fn fence(&self) -> Fence {
        self.fence.clone()
    }

    /// The fencing token.
    pub const fn epoch(&self) -> u64 {
        self.fence.epoch
    }

    /// Who holds it, for those who cannot see it.
    pub const fn claimant(&self) -> &Claimant {
        &self.claimant
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A record that can't be written is one that is left behind: the next owner on this machine takes it over.
        if self.fence.check().is_ok() {
            let folder = std::mem::take(&mut self.folder);
            let _ = record(&self.fence.home, &Holder { epoch: self.fence.epoch, folder, owner: None });
        }
        // Closing alone would leave it locked while a child that is just being started still has a copy.
        let _ = self.file.unlock();
    }
}

/// Who holds the lock of `home`, by its record.
///
/// # Errors
/// When the record can't be read.
pub fn inspect(home: &Home) -> Result<Holder, LockError> {
    let path = home.owner();
    match std::fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|e| failed("read", &path)(e.into())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Holder::default()),
        Err(source) => Err(failed("read", &path)(source)),
    }
}

/// Breaks the lock of `home` and says who held it. A run that is still alive is fenced off: it can't write any more.
///
/// # Errors
/// When the lock's files can't be written.
pub fn unlock(home: &Home) -> Result<Option<Owner>, LockError> {
    let before = inspect(home)?;
    // First the record: as soon as the file is gone somebody else may be the owner, and must not be written over.
    if before != Holder::default() {
        record(home, &Holder { epoch: before.epoch + 1, folder: before.folder, owner: None })?;
    }
    let path = home.lock();
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", &path)(error)),
        _ => Ok(before.owner),
    }
}

/// Whether `file` is still what lies at `path`.
fn is_at(file: &File, path: &Path) -> Result<bool, LockError> {
    let opened = file.metadata().map_err(failed("look at", path))?;
    match std::fs::metadata(path) {
        Ok(there) => Ok((there.dev(), there.ino()) == (opened.dev(), opened.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(failed("look at", path)(source)),
    }
}

fn open(path: &Path) -> Result<File, LockError> {
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path).map_err(failed("open", path))
}

fn record(home: &Home, holder: &Holder) -> Result<(), LockError> {
    let path = home.owner();
    let text = serde_json::to_vec(holder).map_err(|e| failed("write", &path)(e.into()))?;
    atomic::write(&path, &text).map_err(failed("write", &path))
}

fn failed(what: &'static str, path: &Path) -> impl Fn(io::Error) -> LockError {
    move |source| LockError::Io { what, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_opened_before_the_lock_was_broken_is_no_lock_any_more() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let early = open(&home.lock()).unwrap();
        assert!(is_at(&early, &home.lock()).unwrap());
        unlock(&home).unwrap();
        assert!(early.try_lock().is_ok(), "it is free, and yet it says nothing");
        assert!(!is_at(&early, &home.lock()).unwrap());
        let _new = open(&home.lock()).unwrap();
        assert!(!is_at(&early, &home.lock()).unwrap());
    }
}
