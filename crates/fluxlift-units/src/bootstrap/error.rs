//! What can go wrong with a bootstrap.

use std::path::PathBuf;

use fluxlift_core::{ActLogError, ErrorKind, Explain, Hint};
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
    /// The machine said "not now" for too long.
    #[error("{node} did not begin to bootstrap: {last}")]
    NotBegun {
        /// The machine.
        node: String,
        /// Its last answer.
        last: String,
    },
    /// No control plane handed out a kubeconfig.
    #[error("no control plane gave a kubeconfig: {last}")]
    NoKubeconfig {
        /// The last answer.
        last: String,
    },
    /// The kubeconfig could not be written.
    #[error("{} cannot be written", path.display())]
    File {
        /// Where.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The run was cancelled.
    #[error("the run was interrupted before {what}")]
    Interrupted {
        /// What would have been next.
        what: &'static str,
    },
    /// The journal did not take a record.
    #[error(transparent)]
    Journal(#[from] ActLogError),
}

impl Explain for BootstrapError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Interrupted { .. } => ErrorKind::Interrupted,
            Self::NotBegun { .. } | Self::NoKubeconfig { .. } => ErrorKind::NotProven,
            _ => ErrorKind::Failed,
        }
    }

    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Refused { .. } | Self::Occupied { .. } => vec![
                Hint::new("look at etcd on each control plane with `talosctl etcd members`; one cluster must win"),
                Hint::new("reset the machines that hold etcd data of no value, then run it again"),
            ],
            Self::NotBegun { .. } | Self::NoKubeconfig { .. } | Self::Interrupted { .. } => {
                vec![Hint::new("run `fluxlift resume`; the chosen machine is remembered")]
            }
            Self::File { .. } | Self::Journal(_) => vec![],
        }
    }
}
