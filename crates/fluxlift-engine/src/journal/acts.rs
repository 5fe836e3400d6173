//! The journal, as one unit sees it.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use fluxlift_core::{Act, ActLog, ActLogError, Clock, Prior, UnitPath};

use super::{Record, Settled, SharedJournal, UnsettledActs, shared};
use crate::lock::Fence;

/// The acts of one unit, over the journal of its run.
pub struct UnitActs {
    unit: UnitPath,
    journal: SharedJournal,
    known: Arc<Mutex<UnsettledActs>>,
    fence: Fence,
    clock: Arc<dyn Clock>,
}

impl UnitActs {
    /// The acts of `unit`. `known` is what all units of the run share of earlier acts.
    pub fn new(
        unit: UnitPath,
        journal: SharedJournal,
        known: Arc<Mutex<UnsettledActs>>,
        fence: Fence,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { unit, journal, known, fence, clock }
    }

    fn write(&self, act: &Act, record: Record) -> Result<(), ActLogError> {
        self.fence
            .check()
            .map_err(io::Error::other)
            .and_then(|()| shared(&self.journal).append(self.clock.now(), record.clone()))
            .map_err(|source| ActLogError { what: format!("{} {} of {}", act.verb, act.target, self.unit), source })?;
        self.known.lock().unwrap_or_else(PoisonError::into_inner).follow(&record);
        Ok(())
    }
}

impl ActLog for UnitActs {
    fn intend(&self, act: &Act) -> Result<Prior, ActLogError> {
        let prior = self.recall(act);
        if prior == Prior::New {
            self.write(act, Record::Intended { unit: self.unit.clone(), act: act.clone() })?;
        }
        Ok(prior)
    }

    fn recall(&self, act: &Act) -> Prior {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).find(&self.unit, act).cloned();
        match known {
            Some(known) => match known.settled {
                Settled::Intended => Prior::Intended(known.act),
                Settled::Done(outcome) => Prior::Done(known.act, outcome),
            },
            None => Prior::New,
        }
    }

    fn done(&self, act: &Act, outcome: serde_json::Value) -> Result<(), ActLogError> {
        self.write(act, Record::Done { unit: self.unit.clone(), act: act.clone(), outcome })
    }
}
