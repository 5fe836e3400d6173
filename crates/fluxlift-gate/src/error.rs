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
    /// The cause.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl ObserveError {
    /// A failure that trying again may mend: connection refused, 429, 5xx, a watch that ended.
    pub fn transient(what: impl Into<String>) -> Self {
        Self { what: what.into(), transient: true, source: None }
    }

    /// A failure that will stay: 401, 403, a certificate that is not believed, a kind that can't be parsed.
    pub fn terminal(what: impl Into<String>) -> Self {
        Self { what: what.into(), transient: false, source: None }
    }

    /// The same, with its cause.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The message followed by those of its causes, in one line.
    pub fn chain(&self) -> String {
        let mut text = self.what.clone();
        let mut next: Option<&(dyn std::error::Error + 'static)> = self.source.as_deref().map(|s| s as _);
        while let Some(cause) = next {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            next = cause.source();
        }
        text
    }
}

/// A gate that was not proven.
#[derive(Debug, Error)]
pub enum GateError {
    /// The deadline passed.
    #[error("{gate} was not proven in {}: {last}", human_duration(*waited))]
    Deadline {
        /// The gate.
        gate: GateName,
        /// How long it waited.
        waited: Duration,
        /// The last verdict.
        last: Verdict,
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
    #[error("waiting for {gate} was interrupted after {}; the last verdict was: {last}", human_duration(*waited))]
    Cancelled {
        /// The gate.
        gate: GateName,
        /// How long it waited.
        waited: Duration,
        /// The last verdict.
        last: Verdict,
    },
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
            Self::Blind { .. } => vec![],
        }
    }
}
