//! The outputs that are known at a moment.

use std::collections::BTreeMap;

use fluxlift_core::{ChangeKind, UnitPath};

use crate::state::State;
use crate::unit::{Change, Values};
use crate::{Blueprint, Outputs};

/// The outputs in the state, but for those of units that will have others.
pub(crate) struct Known<'a> {
    blueprint: &'a dyn Blueprint,
    state: &'a State,
    /// What units will leave that are changed; none when it can't be known yet.
    ahead: BTreeMap<UnitPath, Option<Values>>,
}

impl<'a> Known<'a> {
    pub(crate) const fn of(blueprint: &'a dyn Blueprint, state: &'a State) -> Self {
        Self { blueprint, state, ahead: BTreeMap::new() }
    }

    /// `unit` is going to be changed in this way. Says whether its outputs are others than before.
    ///
    /// What is made anew has no outputs to judge by, even where they read the same: what was built on the old one is gone.
    pub(crate) fn expect(&mut self, unit: &UnitPath, change: &Change) -> bool {
        let key = self.blueprint.key(unit);
        let outputs = match change.kind {
            // A unit that is deleted altogether leaves none; one that deletes some of what it made says what is left.
            ChangeKind::None | ChangeKind::Delete if change.outputs.is_none() => return false,
            ChangeKind::None | ChangeKind::Delete | ChangeKind::Update => change.outputs.clone(),
            ChangeKind::Create | ChangeKind::Replace | ChangeKind::Unknown => None,
        };
        if outputs.is_some() && outputs.as_ref() == self.state.outputs(&key) {
            return false;
        }
        self.ahead.insert(key, outputs);
        true
    }
}

impl Outputs for Known<'_> {
    fn of(&self, unit: &UnitPath) -> Option<Values> {
        let key = self.blueprint.key(unit);
        self.ahead.get(&key).cloned().unwrap_or_else(|| self.state.outputs(&key).cloned())
    }
}
