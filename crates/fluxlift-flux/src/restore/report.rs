//! What a run came to.

use fluxlift_core::{ErrorKind, Explain};
use serde::Serialize;

use super::RestoreError;

/// What one destination came to.
#[derive(Debug)]
pub struct Outcome {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// What was planned: `restore`, `resume`, `adopt`, `nothing` or `refuse`.
    pub action: &'static str,
    /// What was proven, for people, or why it was not.
    pub result: Result<String, RestoreError>,
}

/// What a run came to.
#[derive(Debug, Default)]
pub struct Report {
    /// Each destination.
    pub outcomes: Vec<Outcome>,
    /// The backups of these destinations that are still held.
    pub held: Vec<String>,
    /// Backups of others that are held, and by whom.
    pub stray: Vec<String>,
    /// Backups that are held for destinations that are not there any more, and by whom.
    pub orphans: Vec<String>,
}

/// One destination in a document.
#[derive(Debug, Serialize)]
struct Row<'a> {
    namespace: &'a str,
    name: &'a str,
    action: &'static str,
    proven: bool,
    what: String,
    hints: Vec<String>,
}

impl Outcome {
    /// `namespace/name`.
    pub fn path(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    /// One word: `proven`, `unproven`, `interrupted` or `failed`.
    pub fn word(&self) -> &'static str {
        match self.result.as_ref().map_err(Explain::kind) {
            Ok(_) => "proven",
            Err(ErrorKind::NotProven) => "unproven",
            Err(ErrorKind::Interrupted) => "interrupted",
            Err(_) => "failed",
        }
    }
}

impl Report {
    /// What sort of failure the run is, if it is one: an interruption, then what is not proven, then anything else. A
    /// backup that stands still although all is restored is one too.
    pub fn failure(&self) -> Option<ErrorKind> {
        let mut kinds: Vec<ErrorKind> =
            self.outcomes.iter().filter_map(|outcome| outcome.result.as_ref().err()).map(Explain::kind).collect();
        if kinds.is_empty() && !(self.held.is_empty() && self.orphans.is_empty()) {
            kinds.push(ErrorKind::NotProven);
        }
        [ErrorKind::Interrupted, ErrorKind::NotProven]
            .into_iter()
            .find(|kind| kinds.contains(kind))
            .or_else(|| kinds.first().copied())
    }

    /// The report as a document: `proven`, `destinations`, `held`, `stray`, `orphans`.
    pub fn to_json(&self) -> serde_json::Value {
        let rows: Vec<Row<'_>> = self.outcomes.iter().map(Row::of).collect();
        serde_json::json!({ "proven": self.failure().is_none(), "destinations": rows, "held": self.held,
            "stray": self.stray, "orphans": self.orphans })
    }
}

impl<'a> Row<'a> {
    fn of(outcome: &'a Outcome) -> Self {
        let (what, hints) = match &outcome.result {
            Ok(what) => (what.clone(), Vec::new()),
            Err(error) => (fluxlift_core::chain(error), error.hints().iter().map(ToString::to_string).collect()),
        };
        Self {
            namespace: &outcome.namespace,
            name: &outcome.name,
            action: outcome.action,
            proven: outcome.result.is_ok(),
            what,
            hints,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_that_stands_still_for_nobody_is_not_passed_over() {
        let orphaned = Report { orphans: vec!["replicationsource/apps/b is held".to_owned()], ..Report::default() };
        assert_eq!(orphaned.failure(), Some(ErrorKind::NotProven));
        assert_eq!(orphaned.to_json()["proven"], false);
        let stray = Report { stray: orphaned.orphans, ..Report::default() };
        assert_eq!(stray.failure(), None, "another run has to do with it");
    }
}
