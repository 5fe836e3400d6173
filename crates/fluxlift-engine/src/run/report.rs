//! What came of a run.

use std::sync::Arc;
use std::time::Duration;

use fluxlift_core::{ErrorKind, Timestamp, UnitPath, UnitResult, Verdict};
use fluxlift_gate::Proof;
use serde_json::{Value as Json, json};

use crate::Command;
use crate::journal::RunId;
use crate::unit::UnitError;

/// One unit of a run.
#[derive(Debug, Clone)]
pub struct UnitReport {
    /// The unit.
    pub path: UnitPath,
    /// How it ended.
    pub result: UnitResult,
    /// When it started, if it did.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub finished: Timestamp,
    /// Its gates, in the order in which they closed.
    pub proofs: Vec<Proof>,
    /// Why it failed, or what it was doing when it was cancelled.
    pub error: Option<Arc<UnitError>>,
}

/// A run that ended, well or not.
#[derive(Debug, Clone)]
pub struct RunReport {
    /// Which.
    pub run: RunId,
    /// What was done.
    pub command: Command,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Timestamp,
    /// The units in the order in which they started; those that never did come last.
    pub units: Vec<UnitReport>,
    /// Whether somebody stopped it.
    pub interrupted: bool,
}

impl RunReport {
    /// Whether every unit that took part succeeded.
    pub fn succeeded(&self) -> bool {
        self.units.iter().all(|u| matches!(u.result, UnitResult::Succeeded { .. } | UnitResult::Excluded { .. }))
    }

    /// Why the run did not succeed; `None` when it did. An interruption comes first, then a failure, then what all units
    /// that failed have in common: a gate, or another run at work.
    pub fn failure(&self) -> Option<ErrorKind> {
        if self.succeeded() {
            return None;
        }
        if self.interrupted {
            return Some(ErrorKind::Interrupted);
        }
        let kinds: Vec<ErrorKind> = self.units.iter().filter_map(|u| u.error.as_ref()).map(|e| e.kind()).collect();
        let all = |kind| !kinds.is_empty() && kinds.iter().all(|other| *other == kind);
        let common = [ErrorKind::NotProven, ErrorKind::LockHeld].into_iter().find(|kind| all(*kind));
        Some(common.unwrap_or(ErrorKind::Failed))
    }

    /// How long it took.
    pub fn took(&self) -> Duration {
        between(self.started, self.finished)
    }

    /// The report as one JSON document. Times are milliseconds from the start of the run.
    pub fn to_json(&self) -> Json {
        json!({
            "run": self.run,
            "command": self.command,
            "result": if self.succeeded() { "succeeded" } else { "failed" },
            "interrupted": self.interrupted,
            "took_ms": millis(self.took()),
            "units": self.units.iter().map(|unit| unit.to_json(self.started)).collect::<Json>(),
        })
    }
}

impl UnitReport {
    /// How long it took, if it started.
    pub fn took(&self) -> Option<Duration> {
        self.started.map(|started| between(started, self.finished))
    }

    fn to_json(&self, run_started: Timestamp) -> Json {
        let mut json = json!({
            "path": self.path,
            "result": self.result.word(),
            "started_ms": self.started.map(|at| millis(between(run_started, at))),
            "finished_ms": millis(between(run_started, self.finished)),
            "gates": self.proofs.iter().map(gate).collect::<Json>(),
        });
        match &self.result {
            UnitResult::Succeeded { change } => json["change"] = json!(change),
            UnitResult::Failed { error } => json["error"] = json!(error),
            UnitResult::EarlyExit { cause } => json["cause"] = json!(cause),
            UnitResult::Excluded { reason } => json["reason"] = json!(reason),
            UnitResult::Cancelled => {
                if let Some(error) = &self.error {
                    json["error"] = json!(error.to_string());
                }
            }
        }
        if let Some(error) = &self.error {
            json["causes"] = error.causes().into_iter().collect();
            json["hints"] = error.hints().iter().map(|hint| json!(hint)).collect();
        }
        json
    }
}

fn gate(proof: &Proof) -> Json {
    let mut json = json!({
        "name": proof.gate,
        "verdict": proof.verdict.word(),
        "evidence": null,
        "waited_ms": millis(proof.waited),
    });
    match &proof.verdict {
        Verdict::Proven { evidence } => json["evidence"] = json!(evidence),
        Verdict::Pending { why } | Verdict::Stuck { why, .. } => {
            json["why"] = json!(why);
            json["unchanged_ms"] = json!(millis(proof.unchanged_for));
            json["deadline_ms"] = json!(millis(proof.deadline));
        }
    }
    json
}

pub(crate) fn between(from: Timestamp, to: Timestamp) -> Duration {
    to.duration_since(from).try_into().unwrap_or_default()
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::LockError;

    fn report(errors: Vec<Option<UnitError>>) -> RunReport {
        let unit = |(number, error): (usize, Option<UnitError>)| UnitReport {
            path: UnitPath::new(format!("unit-{number}")).unwrap(),
            result: match &error {
                Some(error) => UnitResult::Failed { error: error.to_string() },
                None => UnitResult::EarlyExit { cause: UnitPath::new("unit-0").unwrap() },
            },
            started: None,
            finished: Timestamp::UNIX_EPOCH,
            proofs: Vec::new(),
            error: error.map(Arc::new),
        };
        RunReport {
            run: RunId(1),
            command: Command::Apply,
            started: Timestamp::UNIX_EPOCH,
            finished: Timestamp::UNIX_EPOCH,
            units: errors.into_iter().enumerate().map(unit).collect(),
            interrupted: false,
        }
    }

    #[test]
    fn a_run_that_another_one_kept_from_its_work_says_so_by_its_exit_code_and_a_mixed_failure_does_not() {
        let held = || Some(LockError::Held { owner: None, elsewhere: false }.into());
        assert_eq!(report(vec![held(), None]).failure(), Some(ErrorKind::LockHeld));
        assert_eq!(report(vec![held(), Some(UnitError::new("no"))]).failure(), Some(ErrorKind::Failed));
        assert_eq!(report(vec![None]).failure(), Some(ErrorKind::Failed));
    }
}
