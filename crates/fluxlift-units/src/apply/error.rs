//! What can go wrong when configurations are handed out.

use fluxlift_core::{Explain, Hint};
use fluxlift_talos::client::Fingerprint;
use fluxlift_talos::node::NodeState;
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
    /// It is ours, and does not let us in.
    #[error("{node} cannot be configured: {why}")]
    LockedOut {
        /// The machine.
        node: String,
        /// Why.
        why: String,
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

impl ApplyError {
    /// Why a machine in this state gets nothing.
    pub(crate) fn out_of_reach(node: &str, state: &NodeState) -> Self {
        let node = node.to_owned();
        match state {
            NodeState::Refused { why } => Self::LockedOut { node, why: why.clone() },
            other => Self::NotOurs { node, state: other.to_string() },
        }
    }
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
            Self::LockedOut { .. } => vec![
                Hint::new(
                    "check the clocks on both sides and the client certificate; apply on the secrets unit renews it",
                ),
                Hint::new("keep its data: it is a machine of this cluster, and there is nothing wrong with its disk"),
            ],
            Self::NotOurs { .. } => {
                vec![Hint::new(
                    "reset that machine, or correct its address; nothing is taken over from another cluster",
                )]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hints(state: &NodeState) -> String {
        let hints = ApplyError::out_of_reach("solcp01", state).hints();
        hints.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn nobody_is_told_to_reset_a_machine_that_refuses_an_expired_certificate() {
        let refused = NodeState::Refused { why: "our client certificate expired at 2026-03-01T00:00:00Z".to_owned() };
        let told = hints(&refused);
        assert!(told.contains("apply on the secrets unit renews it") && !told.contains("reset"), "{told}");
    }

    #[test]
    fn a_machine_of_another_cluster_may_be_reset_or_was_mistaken_for_one() {
        let told = hints(&NodeState::Foreign { fingerprint: Fingerprint([1; 32]) });
        assert!(told.contains("reset that machine, or correct its address"), "{told}");
    }
}
