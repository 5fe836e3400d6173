//! Why a chart could not be fetched.

use fluxlift_core::{ErrorKind, Explain, Hint};
use fluxlift_net::HttpError;
use thiserror::Error;

use super::{Digest, SourceError};
use crate::chart::ChartError;

/// A chart that could not be fetched.
#[derive(Debug, Error)]
pub enum FetchError {
    /// The source is not understood.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The server could not be asked.
    #[error("{what} could not be fetched")]
    Http {
        /// What was asked for.
        what: String,
        /// Why not.
        #[source]
        source: HttpError,
    },
    /// The server said no.
    #[error("{what} could not be fetched: {url} answered {status}{}", message.as_deref().map(|m| format!(", {m}")).unwrap_or_default())]
    Status {
        /// What was asked for.
        what: String,
        /// The address, without its query.
        url: String,
        /// The HTTP status.
        status: u16,
        /// What the server says about it.
        message: Option<String>,
    },
    /// The server sent something else than it should.
    #[error("{what} from {url} is not what it should be: {why}")]
    Unexpected {
        /// What was asked for.
        what: String,
        /// The address, without its query.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// The content is not what its digest says.
    #[error("{what} is not what was asked for: expected {expected}, found {found}")]
    DigestMismatch {
        /// What was fetched.
        what: String,
        /// The digest that was asked for.
        expected: Digest,
        /// The digest of what came.
        found: Digest,
    },
    /// What the tree pins is not there, but the version that it names is.
    #[error("{place} has no chart with the pinned digest {pinned}: its {version} is {found}")]
    PinMoved {
        /// Where it was looked for.
        place: String,
        /// The version that was asked for.
        version: String,
        /// The digest that was asked for.
        pinned: Digest,
        /// The digest of that version.
        found: Digest,
    },
    /// The chart is another one.
    #[error("{place} holds {found}, not {wanted}")]
    OtherChart {
        /// Where it came from.
        place: String,
        /// The version that was asked for.
        wanted: String,
        /// Name and version of what came.
        found: String,
    },
    /// No version fits.
    #[error("{place} has no version {wanted}; the newest there are: {}", if newest.is_empty() { "none".to_owned() } else { newest.join(", ") })]
    NoVersion {
        /// Where it was looked for.
        place: String,
        /// What was asked for.
        wanted: String,
        /// The newest versions that are there.
        newest: Vec<String>,
    },
    /// A file could not be read.
    #[error("{file} cannot be read")]
    File {
        /// The file.
        file: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// It is not a chart.
    #[error("what was fetched cannot be used")]
    Chart(#[from] ChartError),
}

impl Explain for FetchError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Source(source) => source.kind(),
            _ => ErrorKind::Failed,
        }
    }

    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Source(source) => source.hints(),
            Self::Http { source, .. } => source.hints(),
            Self::Chart(source) => source.hints(),
            Self::Status { status: 401 | 403, .. } => {
                vec![Hint::new("check that the chart is public: fluxlift pulls charts without a password")]
            }
            Self::Status { status: 404, .. } => vec![Hint::new("check the chart's address and version")],
            Self::DigestMismatch { .. } => {
                vec![Hint::new("don't use it: the content changed under its digest; find out who serves it")]
            }
            Self::PinMoved { version, found, .. } => vec![Hint::new(format!(
                "find out who changed {version}, or mistyped the digest; only if the chart there is meant, pin {found}"
            ))],
            Self::OtherChart { .. } => {
                vec![Hint::new("let the version and the pinned digest or address name the same chart")]
            }
            Self::NoVersion { .. } => vec![Hint::new("ask for one of the versions that are there")],
            _ => vec![],
        }
    }
}
