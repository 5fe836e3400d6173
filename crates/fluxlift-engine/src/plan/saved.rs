//! A plan that can be saved and applied later.

use fluxlift_core::{ChangeKind, UnitPath};
use serde::{Deserialize, Serialize};

use crate::run::RunError;
use crate::schedule::Schedule;
use crate::state::State;
use crate::unit::UnitError;
use crate::{Command, InputHash};

/// What a run would do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// What it is a plan for: `apply` or `destroy`.
    pub command: Command,
    /// The lineage of the state that it was made for.
    pub lineage: String,
    /// The serial of that state.
    pub serial: u64,
    /// The units in order.
    pub units: Vec<PlannedUnit>,
}

/// What a run would do to one unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedUnit {
    /// The unit.
    pub path: UnitPath,
    /// The sort of change.
    pub change: ChangeKind,
    /// Why, one line each.
    pub reasons: Vec<String>,
    /// The hash of its inputs; none while they are not known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub input_hash: Option<InputHash>,
}

impl Plan {
    /// Whether anything would change, or might.
    pub fn has_changes(&self) -> bool {
        self.units.iter().any(|unit| unit.change != ChangeKind::None)
    }

    /// How many units would change in this way.
    pub fn count(&self, change: ChangeKind) -> usize {
        self.units.iter().filter(|unit| unit.change == change).count()
    }

    /// Whether the plan still fits the state and the units. `ours` says whether a fencing token is one of the run that
    /// the plan is for: what that run has written since is part of the plan.
    ///
    /// A state that was never written takes the lineage that the plan was made with: its input hashes depend on it.
    pub(crate) fn check(
        &self,
        state: &mut State,
        schedule: &Schedule,
        ours: impl Fn(u64) -> bool,
    ) -> Result<(), RunError> {
        let stale = |why: String| Err(RunError::StalePlan(why));
        if state.serial == 0 {
            state.lineage.clone_from(&self.lineage);
        }
        if self.lineage != state.lineage {
            return stale("it was made for another state".to_owned());
        }
        if self.serial != state.serial && !ours(state.epoch) {
            return stale(format!(
                "it was made for serial {} of the state, which now has {}",
                self.serial, state.serial
            ));
        }
        if !self.units.iter().map(|unit| &unit.path).eq(schedule.order()) {
            return stale("the tree has other units now".to_owned());
        }
        Ok(())
    }

    /// Whether the inputs of a unit are still those of the plan.
    pub(crate) fn check_unit(&self, unit: &UnitPath, now: Option<&InputHash>) -> Result<(), UnitError> {
        let planned = self.units.iter().find(|planned| planned.path == *unit);
        match planned.and_then(|planned| planned.input_hash.as_ref()) {
            Some(hash) if Some(hash) != now => {
                Err(UnitError::new(format!("the plan is stale: the inputs of {unit} are no longer those of the plan"))
                    .with_hint("plan again and apply that plan"))
            }
            _ => Ok(()),
        }
    }
}
