//! The pin of a machine in maintenance.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// SHA-256 of a server's public key (SPKI), in base64 as Talos prints it on the console.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fingerprint(pub [u8; 32]);

/// Text that is not a fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{given:?} is not a fingerprint: base64 of 32 bytes is expected")]
pub struct FingerprintError {
    /// What was given.
    pub given: String,
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(given: &str) -> Result<Self, FingerprintError> {
        let bytes = STANDARD.decode(given.trim()).ok();
        bytes.and_then(|b| b.try_into().ok()).map(Self).ok_or_else(|| FingerprintError { given: given.to_owned() })
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = FingerprintError;

    fn try_from(given: String) -> Result<Self, FingerprintError> {
        given.parse()
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> Self {
        fingerprint.to_string()
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
