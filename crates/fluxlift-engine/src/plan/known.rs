//! The outputs that are known at a moment.

use std::collections::BTreeSet;

use fluxlift_core::UnitPath;

use crate::state::State;
use crate::unit::Values;
use crate::{Blueprint, Outputs};

/// The outputs in the state, without those of units that will have others.
pub(crate) struct Known<'a> {
    blueprint: &'a dyn Blueprint,
    state: &'a State,
    outdated: BTreeSet<UnitPath>,
}

impl<'a> Known<'a> {
    pub(crate) const fn of(blueprint: &'a dyn Blueprint, state: &'a State) -> Self {
        Self { blueprint, state, outdated: BTreeSet::new() }
    }

    /// The outputs of `unit` are not known any more.
    pub(crate) fn forget(&mut self, unit: &UnitPath) {
        self.outdated.insert(self.blueprint.key(unit));
    }
}

impl Outputs for Known<'_> {
    fn of(&self, unit: &UnitPath) -> Option<Values> {
        let key = self.blueprint.key(unit);
        (!self.outdated.contains(&key)).then(|| self.state.outputs(&key).cloned()).flatten()
    }
}
