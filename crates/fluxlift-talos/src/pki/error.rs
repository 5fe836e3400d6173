//! What can be wrong with keys and certificates. Nothing here carries key material.

use fluxlift_core::{Explain, Hint};
use thiserror::Error;

/// A key or certificate that cannot be read or made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PkiError {
    /// Not PEM, or the wrong sort of PEM.
    #[error("the {what} is not PEM of a kind that Talos uses")]
    Pem {
        /// Which.
        what: &'static str,
    },
    /// The bytes under the PEM are not what its header says.
    #[error("the {what} has a PEM header that does not fit its content")]
    Content {
        /// Which.
        what: &'static str,
    },
    /// A certificate could not be made.
    #[error("the {what} could not be made")]
    Make {
        /// Which.
        what: &'static str,
        /// Why not.
        #[source]
        source: rcgen::Error,
    },
}

impl Explain for PkiError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Pem { .. } | Self::Content { .. } => {
                vec![Hint::new(
                    "take the secrets from `talosctl gen secrets` or from the Terraform provider as they are",
                )]
            }
            Self::Make { .. } => vec![],
        }
    }
}
