//! A migration for people and for programs.

use std::fmt::Write as _;

use fluxlift_engine::RunReport;
use fluxlift_flux::migration::{Phase, Plan};
use serde::Serialize;
use serde_json::Value as Json;

use super::outcome::report_text;
use crate::migrate::{Migration, Step, steps};

/// The one document of `-o json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document<'a> {
    phase: Phase,
    plan: &'a Plan,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<Json>,
    steps: Vec<Step>,
}

impl<'a> Document<'a> {
    /// What is known of `migration`, and what came of its run.
    pub fn of(migration: &'a Migration, report: Option<&RunReport>) -> Self {
        let run = report.map(|report| serde_json::json!(report.to_json()));
        Self { phase: migration.plan.phase, plan: &migration.plan, run, steps: steps(migration) }
    }
}

/// The migration as text.
pub fn render(migration: &Migration, report: Option<&RunReport>) -> String {
    let mut text = match report {
        Some(report) => report_text(report),
        None => plan_text(migration),
    };
    let title = match (migration.is_adopted(), report) {
        (true, _) => "LEFT FOR YOU, in this order:",
        (false, None) => "AFTERWARDS IS LEFT FOR YOU, in this order:",
        (false, Some(_)) => "NOT YET: the root is not the operator's. Afterwards is left for you, in this order:",
    };
    let _ = writeln!(text, "\n{title}");
    for (number, step) in steps(migration).iter().enumerate() {
        let _ = writeln!(text, "\n{}. {}", number + 1, step.title);
        indent(&mut text, "   ", step.why.lines());
        indent(&mut text, "     ", step.commands.iter().map(String::as_str));
        if let Some(lines) = &step.text {
            let _ = write!(text, "\n{lines}");
        }
    }
    text
}

/// What goes along.
pub fn plan_text(migration: &Migration) -> String {
    let Migration { plan, target, .. } = migration;
    let mut text = String::new();
    let state = match plan.phase {
        Phase::Bootstrapped => "manages itself from Git; it would be handed over to flux-operator",
        Phase::HalfWay => "manages itself from Git; flux-operator has the controllers already",
        Phase::Adopted => "belongs to flux-operator",
    };
    let _ = writeln!(text, "{} on {} {state}.\n", plan.root, target.server);
    let none = || "none".to_owned();
    let rows = [
        ("version", plan.version.clone()),
        ("images", plan.registry.clone()),
        ("components", plan.components.join(", ")),
        ("repository", plan.sync.url.clone()),
        ("ref", plan.sync.reference.clone()),
        ("path", plan.sync.path.clone()),
        ("pull secret", plan.sync.pull_secret.clone().unwrap_or_else(none)),
        ("cluster", plan.cluster.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join(", ")),
        ("must survive", format!("{} Kustomizations and HelmReleases, by UID", plan.objects)),
    ];
    for (name, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = writeln!(text, "  {name:<13}{value}");
    }
    if !plan.patches.is_empty() {
        let _ = writeln!(text, "\n  PATCHES, in this order");
    }
    for carried in &plan.patches {
        let target = &carried.patch["target"];
        let part = |field: &str| target[field].as_str().unwrap_or("any");
        let _ = writeln!(text, "  {} {}, from {}", part("kind"), part("name"), carried.from);
        let patch = carried.patch["patch"].as_str().unwrap_or_default();
        indent(&mut text, "    ", patch.trim_end().lines());
    }
    for note in &plan.notes {
        let _ = writeln!(text, "\n  note: {note}");
    }
    text
}

fn indent<'l>(text: &mut String, margin: &str, lines: impl Iterator<Item = &'l str>) {
    for line in lines {
        let _ = writeln!(text, "{margin}{line}");
    }
}
