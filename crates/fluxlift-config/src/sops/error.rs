//! Why a file stays closed.

use std::path::PathBuf;

use fluxlift_core::{Explain, Hint};
use thiserror::Error;

/// A SOPS file that could not be read or made.
#[derive(Debug, Error)]
pub enum SopsError {
    /// A file could not be read.
    #[error("could not read {}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The text does not have its format.
    #[error("{} could not be parsed: {reason}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong, without the text.
        reason: String,
    },
    /// The file has no SOPS metadata.
    #[error("{} is not encrypted with SOPS", .0.display())]
    NotEncrypted(PathBuf),
    /// The metadata is there, but something in it is missing or unknown.
    #[error("{} has SOPS metadata that can't be used: {reason}", .path.display())]
    Metadata {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A key file holds something that is not an age key.
    #[error("{origin} does not hold an age key (line {line})")]
    BadKey {
        /// The file or the variable.
        origin: String,
        /// The line, from 1.
        line: usize,
    },
    /// There is no age key at all.
    #[error("there is no age key to open {}, which is encrypted for {}", .path.display(), .recipients.join(", "))]
    NoKey {
        /// The file.
        path: PathBuf,
        /// For whom it is encrypted.
        recipients: Vec<String>,
    },
    /// None of the age keys fits.
    #[error(
        "no age key opens {}: it is encrypted for {}, the keys here are {}",
        .path.display(), .recipients.join(", "), .have.join(", ")
    )]
    WrongKey {
        /// The file.
        path: PathBuf,
        /// For whom it is encrypted.
        recipients: Vec<String>,
        /// The public halves of the keys that were tried.
        have: Vec<String>,
    },
    /// A value does not verify.
    #[error("{}: the value of {key} was changed or moved after it was encrypted", .path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// The path of keys that leads to it.
        key: String,
    },
    /// The file as a whole does not verify.
    #[error("{} was changed after it was encrypted: its MAC does not match", .0.display())]
    Mac(PathBuf),
    /// A recipient is not an age recipient.
    #[error("{0:?} is not an age recipient")]
    BadRecipient(String),
    /// The data key could not be encrypted for the recipients.
    #[error("the data key could not be encrypted")]
    Seal(#[source] age::EncryptError),
}

impl SopsError {
    /// The message with its cause, for where one line must say it all.
    pub(crate) fn with_cause(&self) -> String {
        match std::error::Error::source(self) {
            Some(cause) => format!("{self}: {cause}"),
            None => self.to_string(),
        }
    }
}

impl Explain for SopsError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::NoKey { .. } | Self::WrongKey { .. } => vec![Hint::new(
                "put the matching age key into SOPS_AGE_KEY, SOPS_AGE_KEY_FILE, ~/.config/sops/age/keys.txt or \
                 `sops { age_key_file }` of the root fluxlift.hcl",
            )],
            Self::Mac(_) | Self::Value { .. } => {
                vec![Hint::new("edit the file with `sops edit`, or restore it from Git")]
            }
            Self::NotEncrypted(_) => {
                vec![Hint::new("encrypt it with `sops encrypt --in-place`, or read it with file()")]
            }
            _ => Vec::new(),
        }
    }
}
