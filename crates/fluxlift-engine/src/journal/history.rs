//! What the journals of a home tell about its runs.

use std::fs;
use std::io;
use std::time::Duration;

use fluxlift_core::{Timestamp, UnitPath, UnitResult};
use fluxlift_gate::Proof;

use super::file::read_sound;
use super::{Entry, JournalError, Record, RunId, Settled, Unsettled};
use crate::run::RunOptions;
use crate::{Command, Home, Plan};

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunStatus {
    /// Every unit succeeded.
    Succeeded,
    /// It ended with failures; it can be resumed.
    Failed,
    /// It was interrupted; it can be resumed.
    Interrupted,
    /// Its process is gone, or still running; once it is gone it can be resumed.
    Open,
}

/// One run, as its journal tells it.
#[derive(Debug, Clone)]
pub struct History {
    /// Which.
    pub run: RunId,
    /// Its entries in order; never empty, the first starts the run.
    pub entries: Vec<Entry>,
}

impl History {
    /// The runs of `home`, oldest first.
    ///
    /// # Errors
    /// When the folder can't be read.
    pub fn runs(home: &Home) -> Result<Vec<RunId>, JournalError> {
        let folder = home.journals();
        let failed = |source| JournalError::Io { what: "read", path: folder.clone(), source };
        let listing = match fs::read_dir(&folder) {
            Ok(listing) => listing,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut runs = Vec::new();
        for entry in listing {
            let name = entry.map_err(failed)?.file_name();
            let number = name.to_str().and_then(|n| n.strip_suffix(".jsonl")).and_then(|n| n.parse().ok());
            runs.extend(number.map(RunId));
        }
        runs.sort_unstable();
        Ok(runs)
    }

    /// Reads the journal of `run`; `None` when the run crashed before its first record.
    ///
    /// # Errors
    /// When there is none, or it is broken.
    pub fn read(home: &Home, run: RunId) -> Result<Option<Self>, JournalError> {
        let path = home.journal(run);
        if !path.exists() {
            return Err(JournalError::NoSuchRun { run, folder: home.journals() });
        }
        let entries = read_sound(&path)?.entries;
        Ok((!entries.is_empty()).then_some(Self { run, entries }))
    }

    /// The last run that wrote anything.
    ///
    /// # Errors
    /// When its journal is broken.
    pub fn last(home: &Home) -> Result<Option<Self>, JournalError> {
        for run in Self::runs(home)?.into_iter().rev() {
            if let Some(history) = Self::read(home, run)? {
                return Ok(Some(history));
            }
        }
        Ok(None)
    }

    /// The last run, if it can be resumed.
    ///
    /// # Errors
    /// When there is nothing to resume, or the journal is broken.
    pub fn resumable(home: &Home) -> Result<Self, JournalError> {
        Self::last(home)?
            .filter(|history| history.status() != RunStatus::Succeeded)
            .ok_or_else(|| JournalError::NothingToResume(home.journals()))
    }

    /// How the run stands.
    pub fn status(&self) -> RunStatus {
        match self.entries.last().map(|entry| &entry.record) {
            Some(Record::RunFinished { succeeded: true, .. }) => RunStatus::Succeeded,
            Some(Record::RunFinished { succeeded: false, .. }) => RunStatus::Failed,
            Some(Record::RunInterrupted) => RunStatus::Interrupted,
            _ => RunStatus::Open,
        }
    }

    /// What the run was asked to do: its command, options, working folder and units.
    pub fn request(&self) -> Option<(Command, &RunOptions, &str, &[UnitPath])> {
        self.entries.iter().find_map(|entry| match &entry.record {
            Record::RunStarted { command, options, working_dir, units, .. } => {
                Some((*command, &**options, working_dir.as_str(), units.as_slice()))
            }
            _ => None,
        })
    }

    /// The saved plan that the run is bound to, if it is.
    pub fn plan(&self) -> Option<&Plan> {
        self.entries.iter().find_map(|entry| match &entry.record {
            Record::RunStarted { plan, .. } => plan.as_deref(),
            _ => None,
        })
    }

    /// What a run without a tree was asked for; `None` for a run over a tree.
    pub fn arguments(&self) -> Option<&serde_json::Value> {
        self.entries.iter().find_map(|entry| match &entry.record {
            Record::RunStarted { arguments, .. } if !arguments.is_null() => Some(arguments),
            _ => None,
        })
    }

    /// Whether the run wrote under the fencing token `epoch`, in its first process or in one that resumed it.
    pub fn wrote_under(&self, epoch: u64) -> bool {
        self.entries.iter().any(|entry| match &entry.record {
            Record::RunStarted { run, .. } => run.0 == epoch,
            Record::RunResumed { epoch: resumed } => *resumed == epoch,
            _ => false,
        })
    }

    /// When the run began.
    pub fn started(&self) -> Option<Timestamp> {
        self.entries.first().map(|entry| entry.at)
    }

    /// How each unit ended last, in the order in which they did.
    pub fn results(&self) -> Vec<(UnitPath, UnitResult, Duration)> {
        let mut results: Vec<(UnitPath, UnitResult, Duration)> = Vec::new();
        for entry in &self.entries {
            if let Record::UnitFinished { unit, result, took } = &entry.record {
                results.retain(|(known, ..)| known != unit);
                results.push((unit.clone(), result.clone(), *took));
            }
        }
        results
    }

    /// The proof ledger: every gate of the run, in the order in which they closed.
    pub fn proofs(&self) -> Vec<(UnitPath, Proof)> {
        self.entries
            .iter()
            .filter_map(|entry| match &entry.record {
                Record::GateClosed { unit, proof } => Some((unit.clone(), proof.clone())),
                _ => None,
            })
            .collect()
    }

    /// The acts of units that did not end well: what a later run must know before it does them again.
    pub fn unsettled(&self) -> Vec<Unsettled> {
        let mut acts = UnsettledActs::default();
        for entry in &self.entries {
            acts.follow(&entry.record);
        }
        acts.0
    }
}

/// The acts of units that did not end well yet, kept as records pass by.
#[derive(Debug, Clone, Default)]
pub struct UnsettledActs(Vec<Unsettled>);

impl UnsettledActs {
    /// Takes note of a record.
    pub fn follow(&mut self, record: &Record) {
        match record {
            Record::RunStarted { carried, .. } => self.0.clone_from(carried),
            Record::Intended { unit, act } => self.set(unit, act, Settled::Intended),
            Record::Done { unit, act, outcome } => self.set(unit, act, Settled::Done(outcome.clone())),
            // A unit that ended well has its outcome in the state.
            Record::UnitFinished { unit, result: UnitResult::Succeeded { .. }, .. } => {
                self.0.retain(|a| a.unit != *unit)
            }
            _ => {}
        }
    }

    /// What is known of the act of `unit` with the verb and target of `act`.
    pub fn find(&self, unit: &UnitPath, act: &fluxlift_core::Act) -> Option<&Unsettled> {
        self.0.iter().find(|known| known.is(unit, act))
    }

    /// Whether anything is known of `unit`.
    pub fn any_of(&self, unit: &UnitPath) -> bool {
        self.0.iter().any(|known| known.unit == *unit)
    }

    fn set(&mut self, unit: &UnitPath, act: &fluxlift_core::Act, settled: Settled) {
        match self.0.iter_mut().find(|known| known.is(unit, act)) {
            Some(known) => (known.act, known.settled) = (act.clone(), settled),
            None => self.0.push(Unsettled { unit: unit.clone(), act: act.clone(), settled }),
        }
    }
}

impl Unsettled {
    fn is(&self, unit: &UnitPath, act: &fluxlift_core::Act) -> bool {
        self.unit == *unit && self.act.verb == act.verb && self.act.target == act.target
    }
}
