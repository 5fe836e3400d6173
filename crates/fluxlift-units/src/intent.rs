//! What a unit is about to make, written down before it does.

use fluxlift_core::Act;
use fluxlift_engine::unit::{UnitContext, UnitError};

/// Writes down that `verb` is about to be done to `target`. Without it a destroy would leave alone what a run made that was
/// killed before its state was written.
///
/// # Errors
/// When the journal does not take it: nothing may be made then.
pub(crate) fn intend(cx: &UnitContext, verb: &str, target: impl ToString) -> Result<(), UnitError> {
    let recorded = cx.acts.intend(&Act::new(verb, target.to_string()));
    recorded.map(drop).map_err(|error| UnitError::caused_by("the journal did not take a record", error))
}
