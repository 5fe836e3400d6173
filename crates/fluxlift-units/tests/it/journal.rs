//! A journal in memory that can be told to fail, as if the process died there.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use fluxlift_core::{Act, ActLog, ActLogError, Prior};

#[derive(Default)]
struct State {
    acts: BTreeMap<(String, String), Prior>,
    records: usize,
    dies_at: Option<usize>,
}

/// Clones share one journal.
#[derive(Clone, Default)]
pub(crate) struct Journal(Arc<Mutex<State>>);

impl Journal {
    /// From now on the record with this number, counted over the journal's life, is the last thing that fails.
    pub(crate) fn dies_at(&self, record: Option<usize>) {
        self.0.lock().unwrap().dies_at = record;
    }

    pub(crate) fn records(&self) -> usize {
        self.0.lock().unwrap().records
    }

    fn write<R>(&self, what: &str, record: impl FnOnce(&mut State) -> R) -> Result<R, ActLogError> {
        let mut state = self.0.lock().unwrap();
        if state.dies_at.is_some_and(|n| state.records >= n) {
            return Err(ActLogError { what: what.to_owned(), source: std::io::Error::other("the process died here") });
        }
        state.records += 1;
        Ok(record(&mut state))
    }
}

impl ActLog for Journal {
    fn intend(&self, act: &Act) -> Result<Prior, ActLogError> {
        let key = (act.verb.clone(), act.target.clone());
        self.write("an intent", |state| {
            let before = state.acts.get(&key).cloned().unwrap_or(Prior::New);
            if matches!(before, Prior::New) {
                state.acts.insert(key, Prior::Intended(act.clone()));
            }
            before
        })
    }

    fn recall(&self, act: &Act) -> Prior {
        let key = (act.verb.clone(), act.target.clone());
        self.0.lock().unwrap().acts.get(&key).cloned().unwrap_or(Prior::New)
    }

    fn done(&self, act: &Act, outcome: serde_json::Value) -> Result<(), ActLogError> {
        let key = (act.verb.clone(), act.target.clone());
        self.write("an outcome", |state| {
            state.acts.insert(key, Prior::Done(act.clone(), outcome));
        })
    }
}
