//! What a run or a plan came to, shown.

use fluxlift_core::deadline::human_duration;
use fluxlift_core::{ChangeKind, UnitResult};
use fluxlift_engine::{Plan, RunError, RunReport};

use crate::ui::{Failure, OutputFormat, Table, print_document, report_failure};

/// Shows `report` and gives the exit code: failures on stderr, the result on stdout.
pub(super) fn show_report(report: &RunReport, format: OutputFormat) -> Result<u8, Failure> {
    show_failures(report);
    let code = report.failure().map_or(0, |kind| kind.exit_code());
    if report.interrupted {
        report_failure(
            &Failure::new(fluxlift_core::ErrorKind::Interrupted, format!("the {} was interrupted", report.command))
                .with_hint("run `fluxlift resume` to go on from here"),
        );
    }
    printed(print_document(format, &report.to_json(), || report_text(report)))?;
    Ok(code)
}

/// Shows why units failed, and what those were doing that were cancelled.
pub(super) fn show_failures(report: &RunReport) {
    for unit in &report.units {
        let Some(error) = &unit.error else { continue };
        let failure = Failure::of_unit(&unit.path, error);
        // How to go on from an interruption is said once, for the whole run.
        let cancelled = report.interrupted && unit.result == UnitResult::Cancelled;
        report_failure(&if cancelled { failure.without_hints() } else { failure });
    }
}

pub(super) fn report_text(report: &RunReport) -> String {
    let mut table = Table::new(["UNIT", "RESULT", "CHANGE", "TOOK", "GATES PROVEN"]);
    for unit in &report.units {
        let change = match &unit.result {
            UnitResult::Succeeded { change } => change.to_string(),
            _ => "-".to_owned(),
        };
        let took = unit.took().map_or_else(|| "-".to_owned(), human_duration);
        let proven = unit.proofs.iter().filter(|proof| proof.verdict.is_proven()).count();
        let gates = format!("{proven} of {}", unit.proofs.len());
        table.row([unit.path.to_string(), unit.result.word().to_owned(), change, took, gates]);
    }
    table.render()
}

/// Shows `plan` on stdout.
pub(super) fn show_plan(plan: &Plan, format: OutputFormat) -> Result<(), Failure> {
    printed(print_document(format, plan, || plan_text(plan)))
}

pub(super) fn plan_text(plan: &Plan) -> String {
    let mut table = Table::new(["UNIT", "CHANGE", "WHY"]);
    for unit in &plan.units {
        let mut reasons = unit.reasons.iter().cloned();
        table.row([unit.path.to_string(), unit.change.to_string(), reasons.next().unwrap_or_default()]);
        for reason in reasons {
            table.row([String::new(), String::new(), reason]);
        }
    }
    format!("{}\n{}\n", table.render(), summary(plan))
}

fn summary(plan: &Plan) -> String {
    if !plan.has_changes() {
        return "No changes.".to_owned();
    }
    let kinds = [
        (ChangeKind::Create, "to create"),
        (ChangeKind::Update, "to update"),
        (ChangeKind::Replace, "to replace"),
        (ChangeKind::Delete, "to destroy"),
        (ChangeKind::Unknown, "known only after the units before"),
    ];
    let parts = kinds.iter().map(|(kind, words)| (plan.count(*kind), words)).filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts.map(|(count, words)| format!("{count} {words}")).collect();
    format!("Plan: {}.", parts.join(", "))
}

/// A run that could not be done: each unit's own failure where there are some.
pub(super) fn refused(error: RunError) -> Failure {
    let RunError::Plan(failures) = &error else { return error.into() };
    let mut all = failures.0.iter().map(|(unit, error)| Failure::of_unit(unit, error));
    let Some(last) = all.next_back() else { return error.into() };
    all.for_each(|failure| report_failure(&failure));
    last
}

/// A result that could not be printed.
pub(super) fn printed(result: std::io::Result<()>) -> Result<(), Failure> {
    result.map_err(|error| Failure::because("the result could not be written to stdout", &error))
}
