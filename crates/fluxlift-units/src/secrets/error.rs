//! What can go wrong with the secrets.

use fluxlift_core::{ErrorKind, Explain, Hint};
use thiserror::Error;

/// Why the secrets could not be drawn, kept or taken away.
#[derive(Debug, Error)]
pub enum SecretsUnitError {
    /// The secrets in the state are not usable.
    #[error("the secrets in the state cannot be used")]
    State {
        /// What their Talos authority is known by, where the state tells.
        authority: Option<String>,
        /// What is wrong with them.
        #[source]
        source: fluxlift_talos::secrets::SecretsError,
    },
    /// New ones are asked for without saying instead of which: a second run would draw again.
    #[error("TALOS_REGENERATE_SECRETS does not say which secrets are to be replaced")]
    Unnamed {
        /// What the Talos authority in the state is known by.
        authority: String,
    },
    /// They are in the state, and would be lost.
    #[error("the secrets of this cluster would be lost: it can't be entered any more without them")]
    Guarded,
}

/// How new secrets are asked for, once: as soon as the state has others the request means nothing.
fn regenerate(authority: &str) -> Hint {
    Hint::new(format!("TALOS_REGENERATE_SECRETS={authority} draws new ones, for a cluster that is made anew"))
}

impl Explain for SecretsUnitError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Failed
    }

    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::State { authority, .. } => {
                let back = "put back the state's backup, or import the bundle by the input secrets_yaml";
                let anew = authority.as_deref().map(regenerate);
                std::iter::once(Hint::new(back)).chain(anew).collect()
            }
            Self::Unnamed { authority } => vec![regenerate(authority)],
            Self::Guarded => {
                vec![Hint::new("keep them with `fluxlift output secrets_yaml`, then set TALOS_DESTROY_SECRETS=1")]
            }
        }
    }
}
