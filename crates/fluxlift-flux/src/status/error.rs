//! Why there is no status.

use fluxlift_core::{ErrorKind, Explain, Hint};
use fluxlift_kube::RequestError;
use thiserror::Error;

/// Why there is no status.
#[derive(Debug, Error)]
pub enum StatusError {
    /// The cluster refused a request, or does not answer.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// There is nothing of Flux in the cluster.
    #[error("{server} has no Flux: neither flux-operator nor any of Flux's custom resource definitions are there")]
    NoFlux {
        /// The API server's address.
        server: String,
    },
    /// There is no such namespace.
    #[error("the cluster has no namespace {0}")]
    NoNamespace(String),
}

impl Explain for StatusError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Request(error) => error.kind(),
            Self::NoFlux { .. } | Self::NoNamespace(_) => ErrorKind::Failed,
        }
    }

    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Request(error) => error.hints(),
            Self::NoFlux { .. } => vec![
                Hint::new("bring Flux onto it with `fluxlift bootstrap`"),
                Hint::new(
                    "if it should have Flux, check with `--kubeconfig` and `--context` that this is the right cluster",
                ),
            ],
            Self::NoNamespace(_) => vec![Hint::new("leave `-n` out to see all namespaces")],
        }
    }
}
