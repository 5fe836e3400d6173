//! How much force an act takes.

use std::fmt;

use serde::{Serialize, Serializer};

/// The rungs, from least to most force. A document has their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Force {
    /// Ask for a reconciliation: `requestedAt`.
    Ask = 1,
    /// Ask the source for one first.
    Source = 2,
    /// Clear the failure counts: `resetAt`.
    Reset = 3,
    /// Force one install or upgrade: `forceAt`.
    Force = 4,
    /// Restart the controller.
    Restart = 5,
    /// Edit the Helm storage Secret.
    Storage = 6,
}

impl Force {
    /// The rung with that number.
    pub fn numbered(number: u8) -> Option<Self> {
        [Self::Ask, Self::Source, Self::Reset, Self::Force, Self::Restart, Self::Storage]
            .into_iter()
            .find(|force| force.number() == number)
    }

    /// Its number.
    pub const fn number(self) -> u8 {
        self as u8
    }
}

impl fmt::Display for Force {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ask => "ask",
            Self::Source => "ask the source",
            Self::Reset => "reset",
            Self::Force => "force",
            Self::Restart => "restart",
            Self::Storage => "edit storage",
        })
    }
}

impl Serialize for Force {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(self.number())
    }
}
