//! Who holds a lock.

use std::fmt;
use std::path::Path;

use fluxlift_core::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::fingerprint::hex;

/// Who asks for a lock. It comes from the command line: the engine asks the system for nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The process.
    pub pid: u32,
    /// The machine.
    pub host: String,
    /// The user.
    pub user: String,
    /// What it does, such as `run-all apply`.
    pub command: String,
    /// Since when.
    pub since: Timestamp,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pid, host, user, command, since } = self;
        write!(f, "{user}@{host} (pid {pid}) running {command} since {since:.0}")
    }
}

/// The record beside the lock.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The fencing token: it grows with each owner and is kept when the lock is free.
    pub epoch: u64,
    /// What tells this folder from those of other machines: drawn from who locked it first, and kept.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub folder: String,
    /// The owner; none when the lock was given back.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub owner: Option<Owner>,
}

/// A run, as those must see it who share nothing with it but what is worked on: not its folder, and so not its lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimant {
    /// Who runs it.
    pub owner: Owner,
    /// The name of its state's folder, where it is now. Of two runs with the same, the lock lets only one live.
    pub folder: String,
}

/// A name for a folder, which `first` is the first to lock. One process locks a folder once in a moment.
pub(super) fn drawn(first: &Owner) -> String {
    hashed(&[
        first.host.as_bytes(),
        first.user.as_bytes(),
        &first.pid.to_le_bytes(),
        first.since.to_string().as_bytes(),
    ])
}

/// The name of the folder `drawn` where it is now: a copy of it is locked by itself, and so it needs a name of its own.
pub(super) fn placed(drawn: &str, host: &str, path: &Path) -> String {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    hashed(&[drawn.as_bytes(), host.as_bytes(), path.as_os_str().as_encoded_bytes()])
}

fn hashed(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hex(&hash.finalize()[..16])
}
