//! What the engine knows of a unit: it can be planned, applied, destroyed and checked. Nothing more.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use fluxlift_core::{ActLog, ChangeKind, Deadline, Diagnostic, ErrorKind, Explain, Hint, UnitPath, Value};
use fluxlift_gate::GateContext;
use thiserror::Error;

use crate::lock::Claimant;

/// Named values: a unit's inputs or outputs.
pub type Values = BTreeMap<String, Value>;

/// A unit as the tree describes it, its inputs evaluated.
#[derive(Debug, Clone)]
pub struct UnitSpec {
    /// Its path in the tree.
    pub path: UnitPath,
    /// Its folder.
    pub dir: PathBuf,
    /// The repository's root.
    pub repo_root: PathBuf,
    /// The native module that runs it, such as `flux_operator`.
    pub module: String,
    /// Its inputs. They may hold [`Value::Unknown`] while planning, never while applying.
    pub inputs: Values,
}

/// What the state remembers of a unit.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prior {
    /// Its outputs, as its last apply gave them.
    pub outputs: Values,
    /// The identity of what it made, as the module wrote it down: never a secret.
    pub identity: serde_json::Value,
}

/// What a call into a unit may use.
#[derive(Clone)]
pub struct UnitContext {
    /// Clock, events, cancellation and proof ledger.
    pub gates: GateContext,
    /// The journal, for acts that can't be repeated.
    pub acts: Arc<dyn ActLog>,
    /// What the state remembers; `None` when the unit was never applied.
    pub prior: Option<Prior>,
    /// The unit's own deadline.
    pub deadline: Deadline,
    /// Whose run it is, for what only one run may do at a time wherever it is started.
    pub claimant: Claimant,
    /// A seed of this run for jitter and names; the same seed gives the same run.
    pub seed: u64,
}

impl std::fmt::Debug for UnitContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UnitContext").field("prior", &self.prior.is_some()).finish_non_exhaustive()
    }
}

/// What an apply would do, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// What sort of change.
    pub kind: ChangeKind,
    /// Why, one line each, without secrets.
    pub reasons: Vec<String>,
    /// The outputs that it would leave, where the unit can say so before it is done. Without them no change leaves those of
    /// before, and an update such that nobody knows yet.
    pub outputs: Option<Values>,
}

impl Change {
    /// No change.
    pub const fn none() -> Self {
        Self { kind: ChangeKind::None, reasons: Vec::new(), outputs: None }
    }

    /// A change of `kind` because of `reasons`.
    pub fn because<R: Into<String>>(kind: ChangeKind, reasons: impl IntoIterator<Item = R>) -> Self {
        Self { kind, reasons: reasons.into_iter().map(Into::into).collect(), outputs: None }
    }

    /// The same, which would leave `outputs`.
    #[must_use]
    pub fn leaving(mut self, outputs: Values) -> Self {
        self.outputs = Some(outputs);
        self
    }
}

/// What an apply leaves behind for the state.
#[derive(Debug, Clone)]
pub struct Applied {
    /// The outputs; secrets among them are marked sensitive.
    pub outputs: Values,
    /// The identity of what was made, without secrets.
    pub identity: serde_json::Value,
    /// A gate that was not proven although the unit's own work is done: the outputs are kept, the run ends with this
    /// error (one broken application must not lose a finished bootstrap).
    pub shortfall: Option<Arc<UnitError>>,
}

/// One finding of a preflight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What was checked, such as `age key opens credentials`.
    pub name: String,
    /// What was seen, or what is wrong and what to do.
    pub outcome: Result<String, String>,
}

/// One thing to plan, apply and destroy.
///
/// Implementations observe the world first and believe it over the prior state. Every act that can't be repeated goes
/// through [`UnitContext::acts`] before it is done.
#[async_trait]
pub trait Unit: Send + Sync {
    /// What an apply would do now. Changes nothing in the world.
    ///
    /// # Errors
    /// When the world can't be observed or the inputs do not fit.
    async fn plan(&self, cx: &UnitContext) -> Result<Change, UnitError>;

    /// Makes it so and proves it.
    ///
    /// # Errors
    /// When an act is refused or a gate is not proven.
    async fn apply(&self, cx: &UnitContext) -> Result<Applied, UnitError>;

    /// Takes away what this unit made, and nothing else. Doing it twice is doing it once.
    ///
    /// # Errors
    /// When something that must go can't be taken away.
    async fn destroy(&self, cx: &UnitContext) -> Result<(), UnitError>;

    /// Read-only checks before an apply.
    async fn preflight(&self, cx: &UnitContext) -> Vec<Check>;

    /// Whether its outputs hold secrets. The engine asks before the apply, so that work whose outputs the state may
    /// not keep in clear is refused before it is done, not after.
    fn keeps_secrets(&self) -> bool {
        false
    }
}

/// Makes units from their specifications.
pub trait Modules: Send + Sync {
    /// The unit that `spec` describes.
    ///
    /// # Errors
    /// When the module is not known or the inputs do not fit.
    fn unit(&self, spec: UnitSpec) -> Result<Box<dyn Unit>, UnitError>;
}

/// Why a unit failed: any error that can explain itself.
#[derive(Debug, Error)]
#[error("{message}")]
pub struct UnitError {
    message: String,
    kind: ErrorKind,
    hints: Vec<Hint>,
    diagnostics: Vec<Diagnostic>,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl UnitError {
    /// A failure without a deeper cause.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            kind: ErrorKind::Failed,
            hints: Vec::new(),
            diagnostics: Vec::new(),
            source: None,
        }
    }

    /// A failure that is about places in files.
    pub fn at(diagnostics: Vec<Diagnostic>) -> Self {
        let message = diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        Self { diagnostics, ..Self::new(message) }
    }

    /// A failure with a plain cause.
    pub fn caused_by(message: impl Into<String>, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { source: Some(source.into()), ..Self::new(message) }
    }

    /// The same, with what to do next.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(Hint::new(hint));
        self
    }

    /// What sort of failure it is.
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The places in files that it is about; their hints are their own.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The message followed by those of its causes, in one line.
    pub fn chain(&self) -> String {
        fluxlift_core::chain(self)
    }

    /// The messages of its causes, the nearest first.
    pub fn causes(&self) -> Vec<String> {
        let causes = std::iter::successors(std::error::Error::source(self), |cause| cause.source());
        causes.map(ToString::to_string).collect()
    }

    /// What to do next.
    pub fn hints(&self) -> &[Hint] {
        &self.hints
    }
}

impl<E: Explain> From<E> for UnitError {
    fn from(error: E) -> Self {
        Self {
            message: error.to_string(),
            kind: error.kind(),
            hints: error.hints(),
            diagnostics: Vec::new(),
            source: None,
        }
        .keeping_causes_of(&error)
    }
}

impl UnitError {
    /// Keeps the causes of `error` as text: the error itself is already the message.
    fn keeping_causes_of(mut self, error: &dyn std::error::Error) -> Self {
        self.source = causes(error);
        self
    }
}

/// One cause after another, as text that can travel.
#[derive(Debug, Error)]
#[error("{message}")]
struct Cause {
    message: String,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

fn causes(error: &dyn std::error::Error) -> Option<Box<dyn std::error::Error + Send + Sync>> {
    let cause = error.source()?;
    Some(Box::new(Cause { message: cause.to_string(), source: causes(cause) }))
}
