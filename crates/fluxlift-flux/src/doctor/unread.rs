//! What could not be read, and why.

use std::fmt;

use fluxlift_core::error::chain;
use fluxlift_kube::RequestError;

/// What reading gave.
pub type Read<T> = Result<T, Unread>;

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    why: String,
}

impl Unread {
    /// For this reason.
    pub fn because(why: impl Into<String>) -> Self {
        Self { why: why.into() }
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl From<RequestError> for Unread {
    fn from(error: RequestError) -> Self {
        Self::because(chain(&error))
    }
}

impl From<&Self> for Unread {
    fn from(other: &Self) -> Self {
        other.clone()
    }
}
