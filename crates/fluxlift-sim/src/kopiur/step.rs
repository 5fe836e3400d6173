//! Where a worker of kopiur is.

use serde::{Deserialize, Serialize};

/// Where a worker is within a pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// The mover has filled the volume for the claim of this name.
    Populated(String),
    /// The mover has backed a claim up.
    BackedUp,
}
