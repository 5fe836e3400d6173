//! A gate: a named condition on observed things.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Verdict;

/// What a gate is called in output, ledger and docs, such as `deployment/flux-operator rolled out`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GateName(Cow<'static, str>);

impl GateName {
    /// A gate called `name`.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What a gate judges: a snapshot of the world, and how long it has looked just like that.
#[derive(Debug, Clone, Copy)]
pub struct Observation<'a, S> {
    /// What was seen.
    pub snapshot: &'a S,
    /// For how long the snapshot has been equal to this one.
    pub unchanged_for: Duration,
}

/// A named condition on observed things.
///
/// `judge` is pure: the same observation always gives the same verdict. A gate looks at generation and UID before it
/// looks at any other field, and an empty observation is never `Proven`.
pub trait Gate: Send + Sync {
    /// What the gate judges.
    type Snapshot: Send + Sync;

    /// What it is called.
    fn name(&self) -> GateName;

    /// The verdict on one observation.
    fn judge(&self, seen: &Observation<'_, Self::Snapshot>) -> Verdict;
}
