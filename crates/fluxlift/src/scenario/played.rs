//! What came of a scenario: for people, and as one document.

use serde::Serialize;

use super::{Check, Scenario};
use fluxlift_core::ErrorKind;

/// A scenario that was played to its end.
#[derive(Debug, Clone, Serialize)]
pub struct Played {
    /// `succeeded` when everything was as expected, else `failed`.
    pub result: &'static str,
    /// Its name.
    pub scenario: String,
    /// The failure in a few words.
    pub title: String,
    /// How it went with scripts.
    pub was: String,
    /// What fluxlift does instead.
    pub now: String,
    /// What was done, and what was seen.
    pub steps: Vec<PlayedStep>,
}

/// A step that was played.
#[derive(Debug, Clone, Serialize)]
pub struct PlayedStep {
    /// What it is.
    pub say: String,
    /// The command, if there was one.
    pub command: Option<String>,
    /// What was looked at.
    pub checks: Vec<Check>,
}

impl Played {
    pub(super) fn of(name: &str, scenario: &Scenario, steps: Vec<PlayedStep>) -> Self {
        let holds = steps.iter().flat_map(|step| &step.checks).all(|check| check.holds);
        Self {
            result: if holds { "succeeded" } else { "failed" },
            scenario: name.to_owned(),
            title: scenario.title.clone(),
            was: scenario.was.clone(),
            now: scenario.now.clone(),
            steps,
        }
    }

    /// Whether everything was as expected.
    pub fn succeeded(&self) -> bool {
        self.result == "succeeded"
    }

    /// 0 when everything was as expected, else 3.
    pub fn exit_code(&self) -> u8 {
        if self.succeeded() { 0 } else { ErrorKind::NotProven.exit_code() }
    }

    /// What was not as expected, a line each.
    pub fn surprises(&self) -> Vec<String> {
        let surprise = |step: &PlayedStep, check: &Check| {
            format!("{}: {}: expected {}, seen {}", step.say, check.what, check.expected, check.seen)
        };
        let of_step = |step| move |check| surprise(step, check);
        self.steps.iter().flat_map(|step| step.checks.iter().filter(|check| !check.holds).map(of_step(step))).collect()
    }

    /// The story for people.
    pub fn render(&self) -> String {
        let mut text = format!("{}\n\n  before: {}\n  now:    {}\n", self.title, flow(&self.was), flow(&self.now));
        for step in &self.steps {
            text.push_str(&format!("\n{}\n", step.say));
            if let Some(command) = &step.command {
                text.push_str(&format!("  $ fluxlift {command}\n"));
            }
            for check in &step.checks {
                let sign = if check.holds { "✓" } else { "✗" };
                let found = if check.holds {
                    check.expected.clone()
                } else {
                    format!("expected {}, seen {}", check.expected, check.seen)
                };
                text.push_str(&format!("  {sign} {}: {}\n", check.what, flow(&found)));
            }
        }
        text
    }
}

/// The text on one line.
fn flow(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
