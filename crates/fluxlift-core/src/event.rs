//! What happens in a run, as reporters see it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{GateName, Timestamp, UnitPath, Verdict};

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When, by the injected clock.
    pub at: Timestamp,
    /// In which unit; `None` for the run itself.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unit: Option<UnitPath>,
    /// What.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum EventKind {
    /// A run began.
    RunStarted {
        /// `plan`, `apply`, `destroy` or `output`.
        command: String,
        /// The units in order.
        units: Vec<UnitPath>,
    },
    /// A unit's plan is known.
    Planned {
        /// What would change.
        change: ChangeKind,
        /// Why, one line each.
        reasons: Vec<String>,
    },
    /// A unit began.
    UnitStarted,
    /// Work inside a unit, one line, no secrets: `created vm 101011 cp01 on pve01`.
    Step {
        /// A past-tense verb of at most twelve letters: `created`, `applied`, `adopted`.
        verb: String,
        /// What it was done to.
        what: String,
    },
    /// A line that a hook printed.
    HookLine {
        /// The hook.
        hook: String,
        /// The line.
        line: String,
    },
    /// Something the user should know that is not an error.
    Warning {
        /// The message.
        message: String,
    },
    /// A gate began to wait.
    GateOpened {
        /// The gate.
        gate: GateName,
        /// Its budget.
        deadline: Duration,
    },
    /// A gate's verdict changed.
    GateJudged {
        /// The gate.
        gate: GateName,
        /// The new verdict.
        verdict: Verdict,
        /// How long it has waited so far.
        waited: Duration,
    },
    /// A gate ended: proven, stuck, out of time or cancelled.
    GateClosed {
        /// The gate.
        gate: GateName,
        /// The last verdict.
        verdict: Verdict,
        /// How long it waited in all.
        waited: Duration,
    },
    /// A unit ended.
    UnitFinished {
        /// How.
        result: UnitResult,
        /// How long it took.
        took: Duration,
    },
    /// The run ended.
    RunFinished {
        /// Whether every unit succeeded.
        succeeded: bool,
        /// How long it took.
        took: Duration,
    },
}

/// What a plan says of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// Nothing differs.
    None,
    /// It does not exist yet.
    Create,
    /// It exists and differs.
    Update,
    /// It must be made anew.
    Replace,
    /// It would be taken away.
    Delete,
    /// It depends on outputs that are not known yet.
    Unknown,
}

impl fmt::Display for ChangeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::None => "no change",
            Self::Create => "create",
            Self::Update => "update",
            Self::Replace => "replace",
            Self::Delete => "delete",
            Self::Unknown => "unknown",
        })
    }
}

/// How a unit ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum UnitResult {
    /// Done, with or without changes.
    Succeeded {
        /// What was changed.
        change: ChangeKind,
    },
    /// It failed.
    Failed {
        /// The error, one line.
        error: String,
    },
    /// It never started because a unit that it needs did not succeed.
    EarlyExit {
        /// That unit.
        cause: UnitPath,
    },
    /// It was left out on purpose.
    Excluded {
        /// Why.
        reason: String,
    },
    /// The run was cancelled before or while it ran.
    Cancelled,
}

impl UnitResult {
    /// The word of the report: `succeeded`, `failed`, `early exit`, `excluded`, `cancelled`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Succeeded { .. } => "succeeded",
            Self::Failed { .. } => "failed",
            Self::EarlyExit { .. } => "early exit",
            Self::Excluded { .. } => "excluded",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Where events go. Cloning it is cheap; emitting never blocks and never fails.
#[derive(Clone)]
pub struct Emitter(Arc<dyn Fn(EventKind) + Send + Sync>);

impl Emitter {
    /// An emitter that hands every event to `sink`.
    pub fn new(sink: impl Fn(EventKind) + Send + Sync + 'static) -> Self {
        Self(Arc::new(sink))
    }

    /// An emitter that drops everything.
    pub fn silent() -> Self {
        Self::new(|_| {})
    }

    /// Emits an event.
    pub fn emit(&self, kind: EventKind) {
        (self.0)(kind);
    }

    /// Emits a line of work: `verb` in the past tense, then what it was done to.
    pub fn step(&self, verb: impl Into<String>, what: impl Into<String>) {
        self.emit(EventKind::Step { verb: verb.into(), what: what.into() });
    }

    /// Emits a warning.
    pub fn warn(&self, message: impl Into<String>) {
        self.emit(EventKind::Warning { message: message.into() });
    }
}

impl fmt::Debug for Emitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Emitter")
    }
}
