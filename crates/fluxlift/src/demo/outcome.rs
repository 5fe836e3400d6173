//! What a demo says at its end: the one JSON document on stdout.

use fluxlift_core::deadline::human_duration;
use serde::Serialize;
use std::time::Duration;

use crate::ui::Table;

/// The result of a demo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// `succeeded` when every unit did and no release is unobserved, else `failed`.
    pub result: Word,
    /// The strategy of the run.
    pub strategy: String,
    /// Every unit, in the order in which they started.
    pub units: Vec<UnitOutcome>,
    /// The HelmReleases at the moment the strategy said done, as the referee inside the sim counted them.
    pub helm_releases: Releases,
    /// The same some time later, when that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub later: Option<Later>,
}

/// `succeeded` or `failed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Word {
    /// All is well.
    Succeeded,
    /// Something is not.
    Failed,
}

/// One unit of a demo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnitOutcome {
    /// The unit.
    pub path: String,
    /// `succeeded`, `failed`, `early exit`, `excluded` or `cancelled`.
    pub result: String,
    /// When it started, in milliseconds of the run's clock since the run began.
    pub started_ms: u64,
    /// When it ended, likewise.
    pub finished_ms: u64,
    /// Its gates, in the order in which they closed.
    pub gates: Vec<GateOutcome>,
}

/// One gate of a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GateOutcome {
    /// The gate.
    pub name: String,
    /// `proven`, `pending` or `stuck`.
    pub verdict: String,
    /// What was seen last.
    pub evidence: String,
    /// How long it waited, in milliseconds.
    pub waited_ms: u64,
}

/// HelmReleases by what the referee saw of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Releases {
    /// All of them.
    pub total: usize,
    /// Ready at their generation.
    pub ready: usize,
    /// At `observedGeneration: -1`.
    pub unobserved: usize,
}

/// HelmReleases some time after the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Later {
    /// How long after, in seconds of the run's clock.
    pub after_s: u64,
    /// What the referee saw then.
    #[serde(flatten)]
    pub releases: Releases,
}

impl Outcome {
    /// The exit code: 0 when all is well, 3 when a release is unobserved or a gate was not proven, 1 otherwise.
    pub fn exit_code(&self) -> u8 {
        let unproven = self.units.iter().flat_map(|unit| &unit.gates).any(|gate| gate.verdict != "proven");
        match self.result {
            Word::Succeeded => 0,
            Word::Failed if self.helm_releases.unobserved > 0 || unproven => 3,
            Word::Failed => 1,
        }
    }

    /// The outcome for people.
    pub fn render(&self) -> String {
        let mut table = Table::new(["UNIT", "RESULT", "TOOK", "GATES PROVEN"]);
        for unit in &self.units {
            let proven = unit.gates.iter().filter(|gate| gate.verdict == "proven").count();
            let took = Duration::from_millis(unit.finished_ms.saturating_sub(unit.started_ms));
            let gates = format!("{proven} of {}", unit.gates.len());
            table.row([unit.path.clone(), unit.result.clone(), human_duration(took), gates]);
        }
        let mut text = table.render();
        text.push_str(&format!("\nHelmReleases when the {} strategy said done: {}\n", self.strategy, self.helm_releases));
        if let Some(later) = &self.later {
            let after = human_duration(Duration::from_secs(later.after_s));
            text.push_str(&format!("HelmReleases {after} later: {}\n", later.releases));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(unobserved: usize) -> Outcome {
        let result = if unobserved == 0 { Word::Succeeded } else { Word::Failed };
        let helm_releases = Releases { total: 50, ready: 50 - unobserved, unobserved };
        Outcome { result, strategy: "gated".into(), units: Vec::new(), helm_releases, later: None }
    }

    #[test]
    fn an_unobserved_release_is_a_failure_with_exit_code_3() {
        assert_eq!(outcome(0).exit_code(), 0);
        assert_eq!(outcome(41).exit_code(), 3);
    }

    #[test]
    fn the_document_has_the_documented_fields() {
        let json = serde_json::to_value(outcome(0)).unwrap();
        assert_eq!(json["result"], "succeeded");
        assert_eq!(json["helm_releases"]["unobserved"], 0);
        assert!(json["units"].is_array());
    }
}
