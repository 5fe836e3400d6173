//! Who holds a lock.

use std::fmt;

use fluxlift_core::Timestamp;
use serde::{Deserialize, Serialize};

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
    /// The owner; none when the lock was given back.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub owner: Option<Owner>,
}
