//! What can go wrong at a machine's API.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use super::machine::Talos;

/// Something that goes wrong: once, but for what lasts until it is taken away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TalosFault {
    /// The next call of this name does its work, and its reply gets lost with the connection.
    LostReply {
        /// The machine.
        address: Ipv4Addr,
        /// The call, such as `ApplyConfiguration`.
        call: String,
    },
    /// The next call of this name never arrives: the connection breaks first.
    LostRequest {
        /// The machine.
        address: Ipv4Addr,
        /// The call.
        call: String,
    },
    /// The next connection is accepted and says nothing.
    Silence {
        /// The machine.
        address: Ipv4Addr,
    },
    /// Somebody else's bootstrap of this machine arrives just before the next one.
    Forestalled {
        /// The machine.
        address: Ipv4Addr,
    },
    /// Its member of etcd stays a learner for as long as this fault is there.
    NoVote {
        /// The machine.
        address: Ipv4Addr,
    },
}

impl Talos {
    /// Whether this fault is due; it happens once.
    pub(super) fn strikes(&mut self, fault: &TalosFault) -> bool {
        let found = self.faults.iter().position(|due| due == fault);
        if let Some(at) = found {
            self.faults.remove(at);
        }
        found.is_some()
    }
}
