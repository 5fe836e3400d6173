//! A run of restores that did not end well, as one error.

use std::fmt;

use fluxlift_core::{ErrorKind, Explain, Hint};

use super::{Report, RestoreError};

/// A run of restores that did not end well: who waits for it needs one error.
#[derive(Debug)]
pub struct Unproven(Report);

impl Report {
    /// The run as an error, if not all is proven.
    pub fn into_failure(self) -> Option<Unproven> {
        self.failure().map(|_| Unproven(self))
    }
}

impl Unproven {
    fn failed(&self) -> impl Iterator<Item = (String, &RestoreError)> {
        self.0.outcomes.iter().filter_map(|outcome| Some((outcome.path(), outcome.result.as_ref().err()?)))
    }
}

impl fmt::Display for Unproven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} restores are not proven", self.failed().count(), self.0.outcomes.len())?;
        for (at, (path, error)) in self.failed().enumerate() {
            write!(f, "{} {path}: {}", if at == 0 { ":" } else { ";" }, fluxlift_core::chain(error))?;
        }
        if !self.0.held.is_empty() {
            write!(f, "; until they are, {} stands still", self.0.held.join(" and "))?;
        }
        self.0.orphans.iter().try_for_each(|orphan| write!(f, "; for a destination that is gone, {orphan}"))
    }
}

impl std::error::Error for Unproven {}

impl Explain for Unproven {
    fn kind(&self) -> ErrorKind {
        self.0.failure().unwrap_or(ErrorKind::NotProven)
    }

    fn hints(&self) -> Vec<Hint> {
        let mut hints: Vec<Hint> = Vec::new();
        for hint in self.failed().flat_map(|(_, error)| error.hints()) {
            if !hints.contains(&hint) {
                hints.push(hint);
            }
        }
        hints
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::restore::Outcome;

    fn outcome(name: &str, refused: Option<&str>) -> Outcome {
        let refusal = |why: &str| RestoreError::Refused { why: why.to_owned(), act: "take the pause off".to_owned() };
        let result = refused.map_or_else(|| Ok("restored".to_owned()), |why| Err(refusal(why)));
        Outcome { namespace: "apps".to_owned(), name: name.to_owned(), action: "restore", result }
    }

    #[test]
    fn one_error_names_each_that_is_not_proven_and_what_stands_still() {
        let outcomes = vec![outcome("a", None), outcome("b", Some("it is paused")), outcome("c", Some("it is paused"))];
        let report = Report { outcomes, held: vec!["replicationsource/apps/b".to_owned()], ..Report::default() };
        let error = report.into_failure().unwrap();
        assert_eq!(
            error.to_string(),
            "2 of 3 restores are not proven: apps/b: it was not restored: it is paused; apps/c: it was not restored: it is \
             paused; until they are, replicationsource/apps/b stands still"
        );
        assert_eq!((error.kind(), error.hints().len()), (ErrorKind::NotProven, 1));
        let done = Report { outcomes: vec![outcome("a", None)], ..Report::default() };
        assert!(done.into_failure().is_none());
    }
}
