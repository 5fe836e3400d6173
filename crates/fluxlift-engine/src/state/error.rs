//! What can be wrong with a state.

use std::io;
use std::path::PathBuf;

use fluxlift_core::{Explain, Hint, UnitPath};
use thiserror::Error;

/// A key that is no key, or an envelope that does not open.
#[derive(Debug, Error)]
pub enum VaultError {
    /// A configured recipient is not one.
    #[error("{given:?} is not an age recipient: {why}")]
    Recipient {
        /// What was given; a recipient is public.
        given: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A text that should hold an age key holds none.
    #[error("{} holds no age key", .0)]
    Identity(String),
    /// No key was given.
    #[error("no age key is at hand to open it with")]
    NoKey,
    /// None of the keys is the right one.
    #[error("none of the age keys at hand opens it")]
    WrongKey,
    /// The envelope itself is broken.
    #[error("the envelope is broken")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A store that did not do what it was asked.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The file system refused.
    #[error("could not {what} {}", path.display())]
    Io {
        /// What was tried: `read`, `write`.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// Somebody else wrote meanwhile.
    #[error("the state in {place} was written by somebody else meanwhile: it has {found}, this run knows {known}")]
    Conflict {
        /// Where.
        place: String,
        /// The revision that is there.
        found: String,
        /// The revision that was read.
        known: String,
    },
}

/// A state that can't be read, opened or written.
#[derive(Debug, Error)]
pub enum StateError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It is not a state.
    #[error("{place} is not a state")]
    Malformed {
        /// Where it was read.
        place: String,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// It was written by a later version.
    #[error("the state in {place} has version {version}, which this fluxlift does not know")]
    Version {
        /// Where it was read.
        place: String,
        /// Its version.
        version: u32,
    },
    /// The secrets of a unit could not be opened.
    #[error("could not open the secrets of {unit} in the state")]
    Sealed {
        /// The unit.
        unit: UnitPath,
        /// Why not.
        #[source]
        source: VaultError,
    },
    /// It would hold secrets in clear.
    #[error("the state would hold secrets of {unit} in clear, and no recipient is configured to seal them for")]
    WouldHoldSecrets {
        /// The unit.
        unit: UnitPath,
    },
    /// The secrets of a unit could not be sealed.
    #[error("could not seal the secrets of {unit} for the state")]
    NotSealed {
        /// The unit.
        unit: UnitPath,
        /// Why not.
        #[source]
        source: VaultError,
    },
    /// An output was not known when its unit ended.
    #[error("the output {output} of {unit} is not known although the unit has ended")]
    UnknownOutput {
        /// The unit.
        unit: UnitPath,
        /// The output.
        output: String,
    },
    /// It does not remember this unit.
    #[error("the state in {place} has no unit {unit}")]
    NoSuchUnit {
        /// The unit.
        unit: UnitPath,
        /// Where the state lies.
        place: String,
    },
    /// It could not be made into text.
    #[error("could not write the state as JSON")]
    Unwritable(#[source] serde_json::Error),
}

impl Explain for VaultError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::NoKey | Self::WrongKey => vec![Hint::new(
                "set SOPS_AGE_KEY_FILE, or sops { age_key_file } in fluxlift.hcl, to the key that the state was sealed for",
            )],
            Self::Recipient { .. } => {
                vec![Hint::new("make a key pair with `age-keygen`; the recipient starts with age1")]
            }
            Self::Identity(_) => vec![Hint::new("an age key is a line that starts with AGE-SECRET-KEY-1")],
            Self::Broken(_) => vec![Hint::new("the previous state is beside it, in state.json.backup")],
        }
    }
}

impl Explain for StateError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Sealed { source, .. } | Self::NotSealed { source, .. } => source.hints(),
            Self::WouldHoldSecrets { .. } => vec![Hint::new(
                "add state { recipients = [\"age1…\"] } to fluxlift.hcl with the public half of your age key",
            )],
            Self::Malformed { .. } => vec![Hint::new("the previous state is beside it, in state.json.backup")],
            Self::NoSuchUnit { .. } => vec![Hint::new("list the units with `fluxlift state list`")],
            Self::Version { .. } => vec![Hint::new("use the fluxlift that wrote it, or a newer one")],
            Self::Store(StoreError::Conflict { .. }) => {
                vec![Hint::new("plan again; nothing of this run's last unit was written to the state")]
            }
            _ => vec![],
        }
    }
}
