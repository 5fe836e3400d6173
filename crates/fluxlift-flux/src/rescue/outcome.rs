//! What a rescue came to.

use serde::Serialize;

use super::plan::{Act, Left, Plan, Waiting};

/// An act that was done, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Done {
    /// The act.
    #[serde(flatten)]
    pub act: Act,
    /// Whether it was proven to help.
    pub helped: bool,
    /// What was seen last.
    pub seen: String,
}

/// What a rescue came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Whether all is proven now.
    pub proven: bool,
    /// What was done, in order.
    pub done: Vec<Done>,
    /// What would help and is not allowed: for its force, or for now.
    pub beyond: Vec<Act>,
    /// What only a person can do.
    pub for_a_person: Vec<Left>,
    /// What is not ready, and may become so by itself.
    pub waiting: Vec<Waiting>,
}

impl Outcome {
    pub(super) fn new(done: Vec<Done>, left: Plan, proven: bool) -> Self {
        let Plan { acts, mut beyond, for_a_person, waiting } = left;
        // Acts are left over only where time was up.
        beyond.extend(acts);
        Self { proven, done, beyond, for_a_person, waiting }
    }
}
