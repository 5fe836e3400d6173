//! How a wait can fail.

use std::time::Duration;

use fluxlift_core::deadline::human_duration;
use fluxlift_core::{ErrorKind, Explain, GateName, Hint, Remedy, Verdict};
use thiserror::Error;

/// Why an observation could not be made.
#[derive(Debug, Error)]
#[error("{what}")]
pub struct ObserveError {
    /// What was tried, and the answer in a few words.
    pub what: String,
    /// Whether trying again can help. A refused connection can; a refused certificate cannot.
    pub transient: bool,
    /// What to do about it.
    pub hints: Vec<Hint>,
    /// The cause.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl ObserveError {
    /// A failure that trying again may mend: connection refused, 429, 5xx, a watch that ended.
    pub fn transient(what: impl Into<String>) -> Self {
        Self { what: what.into(), transient: true, hints: Vec::new(), source: None }
    }

    /// A failure that will stay: 401, 403, a certificate that is not believed, a kind that can't be parsed.
    pub fn terminal(what: impl Into<String>) -> Self {
        Self { what: what.into(), transient: false, hints: Vec::new(), source: None }
    }

    /// The same, with its cause.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The same, with what to do about it.
    #[must_use]
    pub fn with_hints(mut self, hints: impl IntoIterator<Item = Hint>) -> Self {
        self.hints.extend(hints);
        self
    }

    /// The message followed by those of its causes, in one line.
    pub fn chain(&self) -> String {
        fluxlift_core::chain(self)
    }
}

/// A gate that was not proven.
#[derive(Debug, Error)]
pub enum GateError {
    /// The deadline passed.
    #[error("{gate} was not proven in {}: {last}{}", human_duration(*waited), for_how_long(*unchanged_for))]
    Deadline {
        /// The gate.
        gate: GateName,
        /// How long it waited.
        waited: Duration,
        /// The last verdict.
        last: Verdict,
        /// For how long that was the verdict.
        unchanged_for: Duration,
    },
    /// Waiting will not help.
    #[error("{gate} is stuck after {}: {why}", human_duration(*waited))]
    Stuck {
        /// The gate.
        gate: GateName,
        /// How long it waited.
        waited: Duration,
        /// What is wrong.
        why: String,
        /// What would help.
        remedy: Remedy,
    },
    /// The observation itself is impossible.
    #[error("{gate} cannot be observed; the last verdict after {} was: {last}", human_duration(*waited))]
    Blind {
        /// The gate.
        gate: GateName,
        /// How long it waited.
        waited: Duration,
        /// The last verdict.
        last: Verdict,
        /// Why it can't be observed.
        #[source]
        source: ObserveError,
    },
    /// The run was cancelled.
    #[error(
        "waiting for {gate} was interrupted after {}; the last verdict was: {last}{}",
        human_duration(*waited),
        for_how_long(*unchanged_for)
    )]
    Cancelled {
        /// The gate.
        gate: GateName,
        /// How long it waited.
        waited: Duration,
        /// The last verdict.
        last: Verdict,
        /// For how long that was the verdict.
        unchanged_for: Duration,
    },
}

/// For how long a verdict stood, where that says anything.
fn for_how_long(unchanged: Duration) -> String {
    if unchanged < Duration::from_secs(1) {
        return String::new();
    }
    format!(" (for the last {})", human_duration(unchanged))
}

impl GateError {
    /// The gate that it is about.
    pub const fn gate(&self) -> &GateName {
        match self {
            Self::Deadline { gate, .. }
            | Self::Stuck { gate, .. }
            | Self::Blind { gate, .. }
            | Self::Cancelled { gate, .. } => gate,
        }
    }
}

impl Explain for GateError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Cancelled { .. } => ErrorKind::Interrupted,
            Self::Blind { .. } => ErrorKind::Failed,
            Self::Deadline { .. } | Self::Stuck { .. } => ErrorKind::NotProven,
        }
    }

    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Stuck { remedy: Remedy::Person { act }, .. } => vec![Hint::new(act.clone())],
            Self::Stuck { .. } | Self::Deadline { .. } => {
                vec![Hint::new(
                    "mend what the last verdict names, then run `fluxlift resume`; nothing done so far is lost",
                )]
            }
            Self::Cancelled { .. } => vec![Hint::new("run `fluxlift resume` to go on from here")],
            Self::Blind { source, .. } => source.hints.clone(),
        }
    }
}
