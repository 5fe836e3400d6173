//! Content addresses.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use super::SourceError;

/// A SHA-256 digest, written `sha256:` and 64 hex digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(String);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The hex digits alone.
    pub fn hex(&self) -> &str {
        &self.0
    }

    /// A digest by its hex digits alone.
    pub(super) fn from_hex(hex: &str) -> Option<Self> {
        let hex = hex.to_ascii_lowercase();
        (hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit())).then_some(Self(hex))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.0)
    }
}

impl FromStr for Digest {
    type Err = SourceError;

    fn from_str(given: &str) -> Result<Self, SourceError> {
        let hex = given.strip_prefix("sha256:").and_then(Self::from_hex);
        hex.ok_or_else(|| SourceError::Digest { given: given.to_owned() })
    }
}
