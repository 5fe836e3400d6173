//! A restore for people: what is planned, what was proven, what is still held.

use std::fmt::Write as _;

use fluxlift_flux::restore::{Plan, Report};

use crate::ui::Table;

/// A plan as text.
pub fn plan_text(plan: &Plan) -> String {
    let mut table = Table::new(["DESTINATION", "ACTION", "REPOSITORY", "CLAIMS", "HOLDS", "WHY"]);
    for row in plan.rows() {
        let path = format!("{}/{}", row.namespace, row.name);
        table.row([path, row.action.to_owned(), row.repository, list(&row.claims), list(&row.holds), row.why]);
    }
    let mut text = table.render();
    lines(&mut text, "Not for this command", &plan.beyond);
    strays(&mut text, &plan.stray, &plan.orphans);
    text
}

/// A report as text.
pub fn report_text(report: &Report) -> String {
    let mut table = Table::new(["DESTINATION", "ACTION", "RESULT", "WHAT"]);
    for outcome in &report.outcomes {
        let what = match &outcome.result {
            Ok(what) => what.clone(),
            Err(error) => error.to_string(),
        };
        table.row([outcome.path(), outcome.action.to_owned(), outcome.word().to_owned(), what]);
    }
    let mut text = table.render();
    lines(&mut text, "Held until the restore is proven, and no backup is made meanwhile", &report.held);
    strays(&mut text, &report.stray, &report.orphans);
    let proven = report.outcomes.iter().filter(|outcome| outcome.result.is_ok()).count();
    let _ = writeln!(text, "\n{proven} of {} destinations are proven.", report.outcomes.len());
    text
}

/// What was let go, as text.
pub(super) fn released_text(backups: &[String]) -> String {
    match backups {
        [] => "No backup was held, and no destination marked.\n".to_owned(),
        some => some.iter().map(|one| format!("{one} {}\n", become_of(one))).collect(),
    }
}

/// What becomes of one that was let go: a destination is restored by nobody now, a backup is made again.
fn become_of(title: &str) -> &'static str {
    if title.starts_with("replicationdestination/") { "is not being restored any more" } else { "goes on" }
}

fn strays(text: &mut String, stray: &[String], orphans: &[String]) {
    let help = "`fluxlift restore --all` goes on with it, `fluxlift restore --release --all` lets them go";
    lines(text, &format!("Held by another run: {help}"), stray);
    let help = "no restore goes on with it, `fluxlift restore --release --all` lets them go";
    lines(text, &format!("Held for a destination that is not there any more: {help}"), orphans);
}

fn lines(text: &mut String, title: &str, lines: &[String]) {
    if !lines.is_empty() {
        let _ = writeln!(text, "\n{title}:");
    }
    for line in lines {
        let _ = writeln!(text, "  {line}");
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "-".to_owned() } else { names.join(",") }
}
