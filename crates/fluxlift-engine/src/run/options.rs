//! How a run is done.

use fluxlift_core::{Deadline, UnitPath};
use serde::{Deserialize, Serialize};

/// The options of a run. They lie in the journal, so that a resumed run has the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunOptions {
    /// How many units may run at a time.
    pub parallelism: usize,
    /// Whether the first failure keeps everything that has not started from starting.
    pub fail_fast: bool,
    /// Only this unit and all it needs; when destroying, all that needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<UnitPath>,
    /// Only this unit; what it needs is taken as it is in the state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<UnitPath>,
    /// The seed of everything random in the run.
    pub seed: u64,
    /// How long one unit may take.
    pub unit_deadline: Deadline,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            parallelism: 10,
            fail_fast: false,
            until: None,
            only: None,
            seed: 0,
            unit_deadline: Deadline::minutes(45),
        }
    }
}
