//! When a unit's work is tried again although it failed.

use std::time::Duration;

use fluxlift_core::ErrorKind;
use regex::Regex;

use crate::unit::UnitError;

/// Errors that the tree's owner knows to pass, and how often to try.
#[derive(Debug, Clone)]
pub struct Retry {
    /// Its name.
    pub name: String,
    /// What such an error, with its causes in one line, looks like.
    pub errors: Vec<Regex>,
    /// How often the work is tried in all.
    pub attempts: u32,
    /// How long to wait between two attempts.
    pub pause: Duration,
}

impl Retry {
    /// Whether the work is tried again after `error`, which ended the attempt with this number. The first has the number 1.
    pub(super) fn fits(&self, error: &UnitError, attempt: u32) -> bool {
        let text = error.chain();
        error.kind() != ErrorKind::Interrupted
            && attempt < self.attempts
            && self.errors.iter().any(|one| one.is_match(&text))
    }
}
