//! What the journal says.

use std::fmt;
use std::time::Duration;

use fluxlift_core::{Act, Timestamp, UnitPath, UnitResult};
use fluxlift_gate::Proof;
use serde::{Deserialize, Serialize};

use crate::run::RunOptions;
use crate::{Command, InputHash, Plan};

/// A run: the fencing token of the lock that it was started under, so that later runs have greater numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub u64);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "run {}", self.0)
    }
}

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The version of the format.
    pub v: u32,
    /// The line's number, from 1.
    pub seq: u64,
    /// When, by the injected clock.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub record: Record,
}

/// What happened. Units are named by their key, the same from whichever folder a run is started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "kebab-case")]
pub enum Record {
    /// A run began.
    RunStarted {
        /// Which.
        run: RunId,
        /// What is done to the units.
        command: Command,
        /// With which options.
        options: Box<RunOptions>,
        /// The working folder, relative to the folder of the state where that is possible.
        working_dir: String,
        /// What a run without a tree was asked for, so that it can be asked again; null for a tree, which says so itself.
        /// Never a secret: only where secrets come from.
        #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
        arguments: serde_json::Value,
        /// The units in order.
        units: Vec<UnitPath>,
        /// The saved plan that it is bound to, if it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        plan: Option<Box<Plan>>,
        /// Acts that earlier runs meant or did in units that they did not finish.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        carried: Vec<Unsettled>,
    },
    /// The run goes on in a new process.
    RunResumed {
        /// The fencing token of the new process.
        epoch: u64,
    },
    /// A unit began.
    UnitStarted {
        /// The unit.
        unit: UnitPath,
        /// The hash of its inputs.
        input_hash: Option<InputHash>,
    },
    /// An act that can't be repeated is about to be done.
    Intended {
        /// The unit.
        unit: UnitPath,
        /// The act.
        act: Act,
    },
    /// Such an act was done.
    Done {
        /// The unit.
        unit: UnitPath,
        /// The act.
        act: Act,
        /// Its outcome, without secrets.
        outcome: serde_json::Value,
    },
    /// A gate ended, well or not.
    GateClosed {
        /// The unit.
        unit: UnitPath,
        /// What was seen.
        proof: Proof,
    },
    /// A unit ended.
    UnitFinished {
        /// The unit.
        unit: UnitPath,
        /// How.
        result: UnitResult,
        /// How long it took.
        took: Duration,
    },
    /// The run was interrupted and can be resumed.
    RunInterrupted,
    /// The run ended.
    RunFinished {
        /// Whether every unit succeeded.
        succeeded: bool,
        /// How long it took.
        took: Duration,
    },
}

/// An act of a unit that did not end well yet, and its outcome if it was done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unsettled {
    /// The unit.
    pub unit: UnitPath,
    /// The act.
    pub act: Act,
    /// Whether it was done, and with which outcome.
    pub settled: Settled,
}

/// Whether an intended act was done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Settled {
    /// It was meant, and nothing is known of its outcome.
    Intended,
    /// It was done, with this outcome.
    Done(serde_json::Value),
}
