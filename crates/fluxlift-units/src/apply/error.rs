//! What can go wrong when configurations are handed out.

use fluxlift_core::{Explain, Hint};
use fluxlift_talos::client::Fingerprint;
use thiserror::Error;

/// Why a machine did not get its configuration.
#[derive(Debug, Error)]
pub enum ApplyError {
    /// Nobody said which machine it is.
    #[error("{node} waits for its configuration and is not pinned: the configuration holds the cluster's secrets")]
    Unpinned {
        /// The machine.
        node: String,
        /// Its public key, as it was just seen.
        seen: Fingerprint,
    },
    /// It is another machine.
    #[error("{node} shows another public key than the pinned one")]
    AnotherMachine {
        /// The machine.
        node: String,
        /// What it shows.
        seen: Fingerprint,
    },
    /// It belongs to somebody else.
    #[error("{node} cannot be configured: it is {state}")]
    NotOurs {
        /// The machine.
        node: String,
        /// What it is.
        state: String,
    },
}

impl Explain for ApplyError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Unpinned { node, seen } => vec![
                Hint::new(format!(
                    "compare {seen} with the console of {node}, then set node_fingerprints = {{ {node} = \"{seen}\" }}"
                )),
                Hint::new("set maintenance_trust = \"first-use\" where the network itself is trusted"),
            ],
            Self::AnotherMachine { node, seen } => vec![Hint::new(format!(
                "machines draw a new key at each boot: if the console of {node} shows {seen}, correct node_fingerprints"
            ))],
            Self::NotOurs { .. } => {
                vec![Hint::new(
                    "reset that machine, or correct its address; nothing is taken over from another cluster",
                )]
            }
        }
    }
}
