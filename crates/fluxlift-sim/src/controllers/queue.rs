//! A controller's work queue: what waits, what is being worked on, what comes later.

use std::collections::{BTreeMap, VecDeque};

use fluxlift_core::Timestamp;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::kube::Key;

/// The first delay of a failing object; it doubles with each failure (`--min-retry-delay` of the Flux controllers).
const FIRST_RETRY: SignedDuration = SignedDuration::from_millis(750);
/// The longest delay of a failing object (`--max-retry-delay`).
const LAST_RETRY: SignedDuration = SignedDuration::from_mins(15);

/// The queue of one controller in one process, with the guarantees of client-go's: an object is worked on by one worker
/// at a time, and one that changes meanwhile is queued again when its worker is done.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct WorkQueue {
    waiting: VecDeque<Key>,
    busy: BTreeMap<Key, bool>,
    later: BTreeMap<Key, Timestamp>,
    failures: BTreeMap<Key, u32>,
}

impl WorkQueue {
    /// Queues `name`, unless it waits already. There is one entry for each object: a later moment that was noted for it is
    /// forgotten, as in the priority queue of controller-runtime.
    pub fn add(&mut self, name: Key) {
        self.later.remove(&name);
        if let Some(dirty) = self.busy.get_mut(&name) {
            *dirty = true;
        } else if !self.waiting.contains(&name) {
            self.waiting.push_back(name);
        }
    }

    /// Notes that `name` is to be queued at `at`, unless an earlier moment is noted. Whether the moment is new.
    pub fn add_at(&mut self, name: Key, at: Timestamp) -> bool {
        match self.later.get(&name) {
            Some(earlier) if *earlier <= at => false,
            _ => {
                self.later.insert(name, at);
                true
            }
        }
    }

    /// Queues `name` if its moment has come.
    pub fn due(&mut self, name: &Key, now: Timestamp) {
        if self.later.get(name).is_some_and(|at| *at <= now) {
            self.later.remove(name);
            self.add(name.clone());
        }
    }

    /// Hands the next object to a worker, if one of `workers` is free.
    pub fn take(&mut self, workers: usize) -> Option<Key> {
        if self.busy.len() >= workers {
            return None;
        }
        let name = self.waiting.pop_front()?;
        self.busy.insert(name.clone(), false);
        Some(name)
    }

    /// A worker is done with `name`: it waits again if it changed meanwhile.
    pub fn done(&mut self, name: &Key) {
        if self.busy.remove(name) == Some(true) {
            self.add(name.clone());
        }
    }

    /// How long to wait before `name` is tried again, after one more failure.
    pub fn back_off(&mut self, name: &Key) -> SignedDuration {
        let failures = self.failures.entry(name.clone()).or_default();
        *failures += 1;
        let doubled = 1_i32.checked_shl(*failures - 1).filter(|factor| *factor > 0).unwrap_or(i32::MAX);
        FIRST_RETRY.checked_mul(doubled).map_or(LAST_RETRY, |delay| delay.min(LAST_RETRY))
    }

    /// Forgets the failures of `name`.
    pub fn forget(&mut self, name: &Key) {
        self.failures.remove(name);
    }

    /// How many objects wait for a worker, and how many are being worked on.
    pub fn depth(&self) -> (usize, usize) {
        (self.waiting.len(), self.busy.len())
    }
}
