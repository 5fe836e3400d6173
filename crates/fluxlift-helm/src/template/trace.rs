//! Where the templates are at: what an error needs to name its place.

use std::sync::{Mutex, PoisonError};

use super::Place;

/// The place of the action that runs now. Actions note themselves; an `include` puts back its caller's place when it
/// returns, so that what fails after it is not blamed on the included template.
#[derive(Debug, Default)]
pub(super) struct Trace {
    at: Mutex<Option<Place>>,
}

impl Trace {
    /// Notes the place of the next action.
    pub(super) fn set(&self, place: Option<Place>) {
        *self.at.lock().unwrap_or_else(PoisonError::into_inner) = place;
    }

    /// The place of the present action.
    pub(super) fn get(&self) -> Option<Place> {
        self.at.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
