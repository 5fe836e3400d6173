//! What can be wrong with a bundle.

use fluxlift_core::{Explain, Hint};
use thiserror::Error;

use crate::pki::PkiError;
use crate::yaml::YamlError;

/// A bundle that cannot be made, read or used.
#[derive(Debug, Error)]
pub enum SecretsError {
    /// Not YAML.
    #[error("the secrets bundle is not readable")]
    Yaml(#[source] YamlError),
    /// Something is missing.
    #[error("the secrets bundle lacks {field}")]
    Missing {
        /// The field, as `talosctl` calls it.
        field: &'static str,
    },
    /// Something has the wrong form.
    #[error("{field} in the secrets bundle is not {expected}")]
    Form {
        /// The field.
        field: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// A certificate and its key do not belong together.
    #[error("the {what} certificate and its key do not belong together")]
    Mismatch {
        /// Which.
        what: &'static str,
    },
    /// A key or certificate is unusable.
    #[error("the secrets bundle holds unusable keys")]
    Pki(#[from] PkiError),
    /// The thread that made the RSA key died.
    #[error("the service account key could not be made")]
    Interrupted,
}

impl Explain for SecretsError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Yaml(_) | Self::Missing { .. } | Self::Form { .. } | Self::Mismatch { .. } => vec![Hint::new(
                "give the file that `talosctl gen secrets` wrote, or the machine_secrets of the Terraform provider, unedited",
            )],
            Self::Pki(error) => error.hints(),
            Self::Interrupted => vec![],
        }
    }
}
