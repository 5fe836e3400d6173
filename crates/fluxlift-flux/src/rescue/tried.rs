//! What was tried already, in this run or in one that did not end.

use std::collections::BTreeSet;

use super::force::Force;
use super::mark::Mark;
use super::plan::Act;
use crate::diagnosis::{Cause, Place, Subject};

/// The word of [`Cause::Failing`].
const FAILING: &str = "Failing";

/// What was tried already. A rung is not climbed twice against the same cause; another cause has a ladder of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tried {
    climbed: BTreeSet<(String, String, Force)>,
    repaired: BTreeSet<Place>,
}

impl Tried {
    /// Notes that `force` was used on the object of that title, against a cause.
    pub fn note(&mut self, title: &str, cause: &str, force: Force) {
        self.climbed.insert((title.to_owned(), cause.to_owned(), force));
    }

    /// Notes everything that `act` counts as.
    pub(super) fn note_act(&mut self, act: &Act) {
        self.climbed.extend(act.counts_as.iter().cloned());
    }

    /// Notes that an object was proven to be ready again. What has failed since may have failed for want of it.
    pub(super) fn note_repaired(&mut self, place: &Place) {
        if self.repaired.insert(place.clone()) {
            self.climbed.retain(|(_, cause, _)| cause != FAILING);
        }
    }

    /// Whether an object was repaired in this run: what waits for it may be asked for at once.
    pub(super) fn has_repaired(&self, place: &Place) -> bool {
        self.repaired.contains(place)
    }

    /// Whether `force` was used on `subject` against `cause`. A request that nobody has taken up yet is not over.
    pub(super) fn has(&self, subject: &Subject, cause: &Cause, force: Force) -> bool {
        let title = subject.place.to_string();
        let over = |mark: &Mark| mark.cause == cause.word() && mark.force >= force && !is_open(subject, mark);
        // Another try of what fails costs nothing, and what it lacked may have come meanwhile.
        let marked = Mark::on(subject).is_some_and(|mark| mark.cause != FAILING && over(&mark));
        marked || self.climbed.contains(&(title, cause.word().to_owned(), force))
    }
}

/// Whether the request that `mark` tells of has not been taken up.
pub(super) fn is_open(subject: &Subject, mark: &Mark) -> bool {
    subject.request.as_ref() == Some(&mark.token)
}
