//! What can go wrong with the secrets.

use fluxlift_core::{ErrorKind, Explain, Hint};
use thiserror::Error;

/// Why the secrets could not be drawn, kept or taken away.
#[derive(Debug, Error)]
pub enum SecretsUnitError {
    /// The secrets in the state are not usable.
    #[error("the secrets in the state cannot be used")]
    State(#[source] fluxlift_talos::secrets::SecretsError),
    /// They are in the state, and would be lost.
    #[error("the secrets of this cluster would be lost: it can't be entered any more without them")]
    Guarded,
}

impl Explain for SecretsUnitError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Failed
    }

    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::State(_) => vec![
                Hint::new("put back the state's backup, or import the bundle by the input secrets_yaml"),
                Hint::new("TALOS_REGENERATE_SECRETS=1 draws new ones, for a cluster that is made anew"),
            ],
            Self::Guarded => {
                vec![Hint::new("keep them with `fluxlift output secrets_yaml`, then set TALOS_DESTROY_SECRETS=1")]
            }
        }
    }
}
