//! What a demo says at its end: one table for people, one JSON document for programs.

use std::time::Duration;

use fluxlift_core::deadline::human_duration;
use fluxlift_core::{ErrorKind, Timestamp};
use fluxlift_engine::RunReport;
use fluxlift_sim::referee::Tally;
use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::ui::Table;

/// HelmReleases by what the referee inside the sim saw of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Releases {
    /// All of them.
    pub total: usize,
    /// Ready at their generation.
    pub ready: usize,
    /// At `observedGeneration: -1`.
    pub unobserved: usize,
}

impl Releases {
    /// Whether a controller has looked at all of them. Of none at all nothing is known.
    const fn are_observed(&self) -> bool {
        self.total > 0 && self.unobserved == 0
    }
}

impl From<Tally> for Releases {
    fn from(Tally { total, ready, unobserved }: Tally) -> Self {
        Self { total, ready, unobserved }
    }
}

/// The result of a demo.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The strategy of the run, as the command line spells it.
    pub strategy: String,
    /// What came of the run.
    pub report: RunReport,
    /// The releases at the moment the strategy said done.
    pub releases: Releases,
    /// The releases some time later, when that was asked for.
    pub later: Option<(Duration, Releases)>,
}

impl Outcome {
    /// Whether every unit succeeded, there are releases, and none was left unobserved.
    pub fn succeeded(&self) -> bool {
        self.report.succeeded() && self.releases.are_observed()
    }

    /// The exit code: 3 when a release is unobserved, whatever the run says of itself; else that of the run's failure; else 3
    /// when there is no release, and 0 when all is well.
    pub fn exit_code(&self) -> u8 {
        match self.report.failure() {
            _ if self.releases.unobserved > 0 => ErrorKind::NotProven.exit_code(),
            Some(kind) => kind.exit_code(),
            None if !self.releases.are_observed() => ErrorKind::NotProven.exit_code(),
            None => 0,
        }
    }

    /// The one document: `result`, `strategy`, `units`, `helm_releases`, and `later` when that was asked for.
    ///
    /// A unit has `path`, `result`, `started_ms`, `finished_ms` and `gates`; times are milliseconds of the run's clock
    /// since the run began.
    pub fn to_json(&self) -> Json {
        let report = self.report.to_json();
        let mut json = json!({
            "result": if self.succeeded() { "succeeded" } else { "failed" },
            "strategy": self.strategy,
            "took_ms": report["took_ms"],
            "units": report["units"],
            "helm_releases": self.releases,
        });
        if let Some((after, releases)) = self.later {
            json["later"] = json!({ "after_s": after.as_secs(), "helm_releases": releases });
        }
        json
    }

    /// The outcome for people.
    pub fn render(&self) -> String {
        let mut table = Table::new(["UNIT", "RESULT", "TOOK", "GATES PROVEN"]);
        for unit in &self.report.units {
            let proven = unit.proofs.iter().filter(|proof| proof.verdict.is_proven()).count();
            let gates = format!("{proven} of {}", unit.proofs.len());
            let took =
                unit.started.map_or_else(|| "-".to_owned(), |start| human_duration(between(start, unit.finished)));
            table.row([unit.path.to_string(), unit.result.word().to_owned(), took, gates]);
        }
        let mut text = table.render();
        text.push_str(&format!("\nHelmReleases when the {} strategy said done: {}\n", self.strategy, self.releases));
        if let Some((after, releases)) = &self.later {
            text.push_str(&format!("HelmReleases {} later: {releases}\n", human_duration(*after)));
        }
        text
    }
}

impl std::fmt::Display for Releases {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { total, ready, unobserved } = self;
        write!(f, "{total} in all, {ready} ready, {unobserved} at observedGeneration -1")
    }
}

fn between(from: Timestamp, to: Timestamp) -> Duration {
    to.duration_since(from).try_into().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use fluxlift_core::{ChangeKind, UnitPath, UnitResult};
    use fluxlift_engine::journal::RunId;
    use fluxlift_engine::unit::UnitError;
    use fluxlift_engine::{Command, UnitReport};

    fn outcome(unobserved: usize) -> Outcome {
        let start = Timestamp::UNIX_EPOCH;
        let unit = UnitReport {
            path: UnitPath::new("flux-instance").unwrap(),
            result: UnitResult::Succeeded { change: ChangeKind::Create },
            started: Some(start),
            finished: start + jiff::SignedDuration::from_secs(90),
            proofs: Vec::new(),
            error: None,
        };
        let report = RunReport {
            run: RunId(1),
            command: Command::Apply,
            started: start,
            finished: unit.finished,
            units: vec![unit],
            interrupted: false,
        };
        let releases = Releases { total: 50, ready: 50 - unobserved, unobserved };
        Outcome { strategy: "gated".into(), report, releases, later: None }
    }

    #[test]
    fn an_unobserved_release_is_a_failure_with_exit_code_3() {
        assert_eq!((outcome(0).exit_code(), outcome(41).exit_code()), (0, 3));
        assert_eq!(outcome(41).to_json()["result"], "failed");
    }

    #[test]
    fn what_the_referee_finds_unobserved_goes_before_the_run_s_own_failure() {
        let failed = |unobserved: usize| {
            let mut outcome = outcome(unobserved);
            outcome.report.units[0].result = UnitResult::Failed { error: "the chart is not there".into() };
            outcome.report.units[0].error = Some(UnitError::new("the chart is not there").into());
            outcome
        };
        assert_eq!((failed(0).exit_code(), failed(1).exit_code()), (1, 3));
        assert_eq!(
            (&failed(0).to_json()["result"], &failed(1).to_json()["result"]),
            (&json!("failed"), &json!("failed"))
        );
    }

    #[test]
    fn done_before_there_is_any_release_is_a_failure_too() {
        let mut early = outcome(0);
        early.releases = Releases { total: 0, ready: 0, unobserved: 0 };
        assert_eq!((early.exit_code(), &early.to_json()["result"]), (3, &json!("failed")));
    }

    #[test]
    fn the_document_has_the_documented_fields() {
        let json = outcome(0).to_json();
        assert_eq!(json["result"], "succeeded");
        assert_eq!(json["helm_releases"], json!({ "total": 50, "ready": 50, "unobserved": 0 }));
        assert_eq!(json["units"][0]["path"], "flux-instance");
        assert_eq!(json["units"][0]["finished_ms"], 90_000);
    }

    #[test]
    fn people_see_a_table_and_the_count() {
        let text = outcome(41).render();
        assert!(text.contains("flux-instance  succeeded  1m30s  0 of 0"), "{text}");
        assert!(text.contains("50 in all, 9 ready, 41 at observedGeneration -1"), "{text}");
    }
}
