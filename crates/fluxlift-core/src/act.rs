//! Acts that must not be done twice, and the durable log that sees to it.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Explain, Hint};

/// One act on the outside world that can't be repeated safely: creating a VM, bootstrapping etcd, drawing secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// What is done, such as `vm.create` or `etcd.bootstrap`.
    pub verb: String,
    /// To what, such as `vm/101011` or `node/cp01`. With the verb it names the act within its unit.
    pub target: String,
    /// What a later run needs to recognise the outcome, such as the MAC address given to the VM. Never a secret.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub detail: serde_json::Value,
}

impl Act {
    /// The act `verb` on `target`.
    pub fn new(verb: impl Into<String>, target: impl Into<String>) -> Self {
        Self { verb: verb.into(), target: target.into(), detail: serde_json::Value::Null }
    }

    /// The same, with what a later run needs to recognise the outcome.
    #[must_use]
    pub fn with_detail(mut self, detail: serde_json::Value) -> Self {
        self.detail = detail;
        self
    }
}

/// What the log already knows of an act when it is about to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prior {
    /// Nothing: the intent has just been made durable, go ahead.
    New,
    /// An earlier run meant to do it and left no outcome: look at the world before doing anything.
    Intended(Act),
    /// An earlier run did it, with this outcome.
    Done(Act, serde_json::Value),
}

/// The journal could not take the record, so the act must not be done.
#[derive(Debug, Error)]
#[error("the journal could not record {what}")]
pub struct ActLogError {
    /// The record that was to be written.
    pub what: String,
    /// Why not.
    #[source]
    pub source: std::io::Error,
}

impl Explain for ActLogError {
    fn hints(&self) -> Vec<Hint> {
        vec![Hint::new("the act was not done; make room for the journal, then run `fluxlift resume`")]
    }
}

/// The durable log of acts, as a unit sees it. Records are on disk when a call returns.
pub trait ActLog: Send + Sync {
    /// Makes the intent to do `act` durable, and says what earlier runs left of the same act.
    ///
    /// # Errors
    /// When the record could not be made durable. The act must not be done then.
    fn intend(&self, act: &Act) -> Result<Prior, ActLogError>;

    /// What earlier runs left of `act`, without recording anything: for deciding whether it may be done at all.
    ///
    /// A log that keeps nothing remembers nothing.
    fn recall(&self, act: &Act) -> Prior {
        let _ = act;
        Prior::New
    }

    /// Records that `act` is done, with its outcome.
    ///
    /// # Errors
    /// When the record could not be made durable.
    fn done(&self, act: &Act, outcome: serde_json::Value) -> Result<(), ActLogError>;
}
