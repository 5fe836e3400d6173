//! What was asked of the units, and what they answered before it was their turn.

use std::collections::{BTreeMap, BTreeSet};

use fluxlift_core::UnitPath;
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;

use super::planner::Answer;

/// A look at a unit, as a future that owns what it needs.
pub(super) type Look = BoxFuture<'static, Answer>;

/// Looks at units, side by side and ahead of their turn.
///
/// Nothing is believed early: an answer waits for its turn, and is thrown away when what it was asked with turns out to
/// be outdated.
#[derive(Default)]
pub(super) struct Looks {
    running: FuturesUnordered<BoxFuture<'static, (u64, Answer)>>,
    /// The number of the last look at each unit. An answer to an earlier one counts for nothing.
    asked: BTreeMap<UnitPath, u64>,
    answers: BTreeMap<UnitPath, Answer>,
    /// Units that must not be looked at before their turn.
    in_turn: BTreeSet<UnitPath>,
    count: u64,
}

impl Looks {
    /// How many are going on.
    pub(super) fn len(&self) -> usize {
        self.running.len()
    }

    /// Whether `unit` may be asked now: it was not, and it may be asked early or it is its turn.
    pub(super) fn may_ask(&self, unit: &UnitPath, its_turn: bool) -> bool {
        !self.asked.contains_key(unit) && (its_turn || !self.in_turn.contains(unit))
    }

    /// `unit` must not be looked at before its turn.
    pub(super) fn leave_for_its_turn(&mut self, unit: UnitPath) {
        self.in_turn.insert(unit);
    }

    /// Begins a look at `unit`.
    pub(super) fn begin(&mut self, unit: UnitPath, look: Look) {
        self.count += 1;
        let number = self.count;
        self.asked.insert(unit, number);
        self.running.push(Box::pin(async move { (number, look.await) }));
    }

    /// What was asked of `unit` is outdated.
    pub(super) fn forget(&mut self, unit: &UnitPath) {
        self.asked.remove(unit);
        self.answers.remove(unit);
    }

    /// The answer of `unit`, if it has answered.
    pub(super) fn take(&mut self, unit: &UnitPath) -> Option<Answer> {
        self.answers.remove(unit)
    }

    /// Waits until some unit has answered; for ever when none was asked.
    pub(super) async fn go_on(&mut self) {
        let (number, answer) = match self.running.next().await {
            Some(answered) => answered,
            None => std::future::pending().await,
        };
        if self.asked.get(&answer.path) == Some(&number) {
            self.answers.insert(answer.path.clone(), answer);
        }
    }
}
