//! What one check came to.

use super::ids::NOT_KNOWN;
use super::{Finding, Severity, Unread};

/// What one check came to: what it saw, and what is wrong with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judged {
    /// What was seen, for people.
    pub seen: Vec<String>,
    /// What is wrong, and what is not known.
    pub findings: Vec<Finding>,
    /// Why there is nothing to judge.
    pub absent: Option<String>,
}

impl Judged {
    /// Nothing is wrong, because this was seen.
    pub(super) fn fine(seen: impl Into<String>) -> Self {
        Self { seen: vec![seen.into()], ..Self::default() }
    }

    /// There is nothing to judge.
    pub(super) fn absent(why: impl Into<String>) -> Self {
        Self { absent: Some(why.into()), ..Self::default() }
    }

    /// This one thing is wrong.
    pub(super) fn found(finding: Finding) -> Self {
        Self { findings: vec![finding], ..Self::default() }
    }

    /// Adds something that was seen.
    pub(super) fn saw(&mut self, what: impl Into<String>) {
        self.seen.push(what.into());
    }

    /// Adds something that is wrong.
    pub(super) fn push(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Adds something that could not be looked at.
    pub(super) fn not_known(&mut self, why: impl Into<String>) {
        let act = "make what the message names readable, and run `fluxlift doctor` again";
        self.push(Finding::new(NOT_KNOWN, Severity::Unknown, why, act));
    }
}

impl From<Unread> for Judged {
    fn from(unread: Unread) -> Self {
        let mut judged = Self::default();
        judged.not_known(unread.to_string());
        judged
    }
}
