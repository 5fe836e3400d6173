//! What can go wrong with a bootstrap.

use std::path::PathBuf;

use fluxlift_core::{ActLogError, Explain, Hint};
use fluxlift_talos::client::TalosError;
use thiserror::Error;

/// Why a cluster was not bootstrapped.
#[derive(Debug, Error)]
pub enum BootstrapError {
    /// It would risk a split cluster.
    #[error("etcd is not bootstrapped: {why}")]
    Refused {
        /// Why.
        why: String,
    },
    /// The machine has etcd data that is not ours.
    #[error("{node} has etcd data already, and no bootstrap of it is recorded")]
    Occupied {
        /// The machine.
        node: String,
    },
    /// The machine's own API failed for good.
    #[error(transparent)]
    Talos(#[from] TalosError),
    /// The kubeconfig could not be written.
    #[error("{} cannot be written", path.display())]
    File {
        /// Where.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The journal did not take a record.
    #[error(transparent)]
    Journal(#[from] ActLogError),
}

impl BootstrapError {
    /// Whether the machine has etcd data that are not ours.
    pub const fn is_occupied(&self) -> bool {
        matches!(self, Self::Occupied { .. })
    }
}

impl Explain for BootstrapError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Refused { .. } | Self::Occupied { .. } => vec![
                Hint::new("look at etcd on each control plane with `talosctl etcd members`; one cluster must win"),
                Hint::new("reset the machines that hold etcd data of no value, then run it again"),
            ],
            Self::Talos(error) => error.hints(),
            Self::File { .. } | Self::Journal(_) => vec![],
        }
    }
}
