//! Which hooks run when.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use fluxlift_core::{Emitter, Explain, Hint, Secret};
use regex::Regex;
use thiserror::Error;

use crate::unit::UnitError;

/// When a hook runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Before the work; a failure prevents it.
    Before,
    /// After the work.
    After,
    /// When the work failed.
    Error,
}

/// A command of the user's, chosen for what is done to the unit.
#[derive(Clone)]
pub struct Hook {
    /// Its name.
    pub name: String,
    /// When it runs.
    pub moment: Moment,
    /// Program and arguments.
    pub execute: Vec<Secret<String>>,
    /// Where it runs.
    pub dir: PathBuf,
    /// Its environment, and nothing else.
    pub env: BTreeMap<String, Secret<String>>,
    /// Whether an after-hook runs after a failure too.
    pub also_after_failure: bool,
    /// For which errors an error-hook runs; for all when there is none.
    pub for_errors: Vec<Regex>,
    /// Whether what it prints is not shown.
    pub silent: bool,
    /// Whether all its arguments are known. One that is not must not be guessed: the hook can't run.
    pub known: bool,
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hook").field("name", &self.name).field("moment", &self.moment).finish_non_exhaustive()
    }
}

/// A hook that did not do its work.
#[derive(Debug, Error)]
pub enum HookError {
    /// One of its arguments is an output that is not known yet.
    #[error("hook {name} can't run: one of its arguments is not known yet")]
    NotKnown {
        /// The hook.
        name: String,
    },
    /// It could not be started.
    #[error("hook {name} could not start {program}")]
    NotStarted {
        /// The hook.
        name: String,
        /// Its program: every process on the machine may read that much.
        program: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// It failed.
    #[error("hook {name} failed: {status}")]
    Failed {
        /// The hook.
        name: String,
        /// Its exit status.
        status: String,
    },
    /// What it printed, or how it ended, could not be read.
    #[error("hook {name} was lost")]
    Lost {
        /// The hook.
        name: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl Explain for HookError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::NotKnown { .. } => vec![Hint::new("apply the units whose outputs it names first")],
            Self::NotStarted { .. } => vec![Hint::new("look for the program in PATH, and at the hook's working_dir")],
            Self::Failed { .. } => vec![Hint::new("its lines are in the output above; run it by hand to see more")],
            Self::Lost { .. } => vec![],
        }
    }
}

/// Runs hooks.
#[async_trait]
pub trait HookRunner: Send + Sync {
    /// Runs `hook` to its end, and says each line that it prints.
    ///
    /// # Errors
    /// When it can't be started or does not succeed.
    async fn run(&self, hook: &Hook, events: &Emitter) -> Result<(), HookError>;
}

/// The hooks around one unit's work.
pub(crate) struct Hooks {
    pub(crate) hooks: Vec<Hook>,
    pub(crate) runner: Arc<dyn HookRunner>,
    pub(crate) events: Emitter,
}

impl Hooks {
    /// Runs those before the work; the first failure ends it.
    pub(crate) async fn before(&self) -> Result<(), UnitError> {
        for hook in self.hooks.iter().filter(|hook| hook.moment == Moment::Before) {
            self.run(hook).await?;
        }
        Ok(())
    }

    /// Runs those after the work, all of them; gives the first failure.
    pub(crate) async fn after(&self, failure: Option<&UnitError>) -> Result<(), UnitError> {
        let text = failure.map(UnitError::chain);
        let fits = |hook: &&Hook| match (hook.moment, &text) {
            (Moment::Before, _) | (Moment::Error, None) => false,
            (Moment::After, None) => true,
            (Moment::After, Some(_)) => hook.also_after_failure,
            (Moment::Error, Some(text)) => {
                hook.for_errors.is_empty() || hook.for_errors.iter().any(|one| one.is_match(text))
            }
        };
        let mut first = Ok(());
        for hook in self.hooks.iter().filter(fits) {
            let ended = self.run(hook).await;
            first = first.and(ended);
        }
        Ok(first?)
    }

    async fn run(&self, hook: &Hook) -> Result<(), HookError> {
        if !hook.known {
            return Err(HookError::NotKnown { name: hook.name.clone() });
        }
        self.runner.run(hook, &self.events).await
    }
}
