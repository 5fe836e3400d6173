//! What the engine knows of a tree: units, edges, and how to evaluate one of them.

use std::collections::BTreeSet;
use std::fmt;

use fluxlift_core::UnitPath;
use serde::{Deserialize, Serialize};

use crate::hooks::Hook;
use crate::run::Retry;
use crate::unit::{UnitError, UnitSpec, Values};

/// What is done to the units of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Command {
    /// Says what an apply would do.
    Plan,
    /// Makes it so.
    Apply,
    /// Takes it away, against the direction of the edges.
    Destroy,
}

impl Command {
    /// `plan`, `apply` or `destroy`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Apply => "apply",
            Self::Destroy => "destroy",
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A unit of the tree, and what it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its path, relative to the working folder.
    pub path: UnitPath,
    /// The units of the same run that it needs, for its order or its outputs.
    pub needs: BTreeSet<UnitPath>,
    /// Why it takes no part in the run, if it takes none.
    pub excluded: Option<String>,
    /// Whether its owner forbids to destroy it.
    pub keep: bool,
}

impl Node {
    /// The unit `path`, which needs `needs`.
    pub fn new(path: UnitPath, needs: impl IntoIterator<Item = UnitPath>) -> Self {
        Self { path, needs: needs.into_iter().collect(), excluded: None, keep: false }
    }
}

/// The outputs that other units have left in the state.
pub trait Outputs {
    /// The outputs of `unit`; `None` when they are not known.
    fn of(&self, unit: &UnitPath) -> Option<Values>;
}

/// A unit whose inputs are evaluated.
#[derive(Debug, Clone)]
pub struct Evaluated {
    /// What to run.
    pub spec: UnitSpec,
    /// The units whose outputs were not known, so that mock outputs stand in for them. Never anything but empty when
    /// applying.
    pub mocked: Vec<UnitPath>,
    /// The user's commands around what is done, in their order.
    pub hooks: Vec<Hook>,
    /// After which errors it is done again.
    pub retries: Vec<Retry>,
}

impl Evaluated {
    /// A unit without mock outputs, hooks and retries.
    pub const fn plain(spec: UnitSpec) -> Self {
        Self { spec, mocked: Vec::new(), hooks: Vec::new(), retries: Vec::new() }
    }
}

/// A tree, as the engine sees it.
pub trait Blueprint {
    /// Every unit of the run.
    fn nodes(&self) -> Vec<Node>;

    /// The name of `unit` in state and journal: the same from whichever folder the run is started.
    fn key(&self, unit: &UnitPath) -> UnitPath;

    /// Evaluates `unit` for `command` with the outputs that are known.
    ///
    /// # Errors
    /// When an expression is wrong, or an output that an apply needs is not known.
    fn evaluate(&self, unit: &UnitPath, command: Command, outputs: &dyn Outputs) -> Result<Evaluated, UnitError>;
}
