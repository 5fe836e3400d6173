//! What changed, in order.

use std::collections::{VecDeque, vec_deque};
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use super::Key;

/// How an object changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChangeType {
    /// It was created.
    Added,
    /// It was written to.
    Modified,
    /// It is gone.
    Deleted,
}

/// One change of one object.
#[derive(Clone, Serialize, Deserialize)]
pub struct Change {
    /// The store's revision after it: the object's new resourceVersion.
    pub revision: u64,
    /// What happened.
    pub kind: ChangeType,
    /// To which object.
    pub key: Key,
    /// The object after it; for a deletion its last state, with the deletion's resourceVersion.
    pub object: Arc<Value>,
    /// The object before it.
    pub previous: Option<Arc<Value>>,
}

/// The object may be secret, so it is not shown.
impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?} {}", self.revision, self.kind, self.key)
    }
}

/// A cursor points before the oldest change that is remembered: list anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("changes after revision {asked} are forgotten; the oldest remembered one is {oldest}")]
pub struct Gone {
    /// The cursor.
    pub asked: u64,
    /// The lowest cursor that works.
    pub oldest: u64,
}

/// The last changes of a store, oldest first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ChangeLog {
    changes: VecDeque<Change>,
    /// Everything up to here may be forgotten.
    compacted: u64,
    /// How many changes are remembered.
    pub(super) bound: usize,
}

impl Default for ChangeLog {
    fn default() -> Self {
        Self { changes: VecDeque::new(), compacted: 0, bound: 20_000 }
    }
}

impl ChangeLog {
    pub(super) fn push(&mut self, change: Change) {
        self.changes.push_back(change);
        while self.changes.len() > self.bound {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some(change) = self.changes.pop_front() {
            self.compacted = change.revision;
        }
    }

    /// Forgets every change up to `revision`.
    pub(super) fn compact(&mut self, revision: u64) {
        while self.changes.front().is_some_and(|change| change.revision <= revision) {
            self.forget_oldest();
        }
        self.compacted = self.compacted.max(revision);
    }

    /// The changes after `cursor`.
    pub(super) fn since(&self, cursor: u64) -> Result<vec_deque::Iter<'_, Change>, Gone> {
        if cursor < self.compacted {
            return Err(Gone { asked: cursor, oldest: self.compacted });
        }
        let start = self.changes.partition_point(|change| change.revision <= cursor);
        Ok(self.changes.range(start..))
    }
}
