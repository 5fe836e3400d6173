//! Releases that cannot be read or written.

use fluxlift_core::{Explain, Hint};
use thiserror::Error;

/// A stored release that is not one, or a release that cannot be stored.
#[derive(Debug, Error)]
pub enum ReleaseError {
    /// The Secret is not a release.
    #[error("Secret {secret} is not a Helm release: {why}")]
    NotARelease {
        /// The Secret.
        secret: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Its content is damaged.
    #[error("the release in Secret {secret} cannot be unpacked")]
    Damaged {
        /// The Secret.
        secret: String,
        /// Why not.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It cannot be packed.
    #[error("release {release} cannot be packed")]
    Unpackable {
        /// The release.
        release: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// It is more than a Secret can hold.
    #[error("release {release} needs {size} bytes, and a Secret holds at most {LARGEST}")]
    TooLarge {
        /// The release.
        release: String,
        /// Its size, packed.
        size: usize,
    },
}

/// The most that a Secret holds.
pub(super) const LARGEST: usize = 1 << 20;

impl Explain for ReleaseError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::NotARelease { .. } | Self::Damaged { .. } => {
                vec![Hint::new("look at the Secret with kubectl; delete it if it is a leftover")]
            }
            Self::Unpackable { .. } | Self::TooLarge { .. } => vec![],
        }
    }
}
