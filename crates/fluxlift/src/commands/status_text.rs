//! A status for people: the layers, what is at the root, and each object that is not proven.

use std::fmt::Write as _;
use std::time::Duration;

use fluxlift_core::deadline::human_duration;
use fluxlift_flux::diagnosis::Standing;
use fluxlift_flux::status::{Report, Row};

use crate::ui::Table;

/// How many objects of one verdict are told in full: more are not read.
const MOST: usize = 20;

/// The status as text.
pub fn render(report: &Report) -> String {
    let mut text = layers(report);
    for standing in [Standing::Stuck, Standing::Pending, Standing::Unjudged] {
        section(&mut text, report, standing);
    }
    roots(&mut text, report);
    let summary = &report.summary;
    let unread = match summary.unread.as_slice() {
        [] => String::new(),
        unread => format!(" Not read: {}.", unread.join(", ")),
    };
    let end = match (summary.converged, summary.unjudged) {
        (true, 0) => format!("All {} objects are proven.", summary.total),
        (true, unjudged) => format!("{} objects are proven, {unjudged} are not judged.", summary.proven),
        (false, _) => format!(
            "{} of {} objects are proven; {} stuck, {} pending, {} not judged.{unread}",
            summary.proven, summary.total, summary.stuck, summary.pending, summary.unjudged
        ),
    };
    let _ = writeln!(text, "\n{end}");
    text
}

fn layers(report: &Report) -> String {
    let mut table = Table::new(["LAYER", "OBJECTS", "PROVEN", "PENDING", "STUCK", "NOT JUDGED"]);
    for layer in &report.summary.layers {
        let count = |count: usize| if count == 0 { "-".to_owned() } else { count.to_string() };
        table.row([
            layer.layer.to_owned(),
            count(layer.total),
            count(layer.proven),
            count(layer.pending),
            count(layer.stuck),
            count(layer.unjudged),
        ]);
    }
    table.render()
}

fn section(text: &mut String, report: &Report, standing: Standing) {
    let rows: Vec<&Row> = report.standing(standing).collect();
    if rows.is_empty() {
        return;
    }
    let title = match standing {
        Standing::Stuck => "STUCK: waiting will not help",
        Standing::Pending => "PENDING: not yet",
        _ => "NOT JUDGED",
    };
    let _ = writeln!(text, "\n{title}");
    for row in rows.iter().take(MOST) {
        object(text, row);
    }
    if rows.len() > MOST {
        let _ = writeln!(text, "  and {} more: `-n` shows those of one namespace, `-o json` all", rows.len() - MOST);
    }
}

fn object(text: &mut String, row: &Row) {
    let since = row.for_seconds.map(|seconds| format!(", for {}", age(seconds))).unwrap_or_default();
    let _ = writeln!(text, "  {} {}{since}", row.title(), row.waits_for.as_deref().unwrap_or(row.reason));
    // What the object says is often what it waits for, word for word.
    let told = |said: &str| row.waits_for.as_deref().is_some_and(|waits| waits.contains(said));
    if let Some(seen) = row.seen.as_deref().filter(|seen| !told(seen)) {
        let _ = writeln!(text, "    seen   {seen}");
    }
    if let Some(root) = row.root_cause.as_deref().filter(|root| !root.starts_with(&row.title())) {
        let _ = writeln!(text, "    root   {root}");
    }
    if let Some(hint) = &row.hint {
        let _ = writeln!(text, "    try    {hint}");
    }
}

/// What holds more than one object up.
fn roots(text: &mut String, report: &Report) {
    let mut several = report.summary.root_causes.iter().filter(|cause| cause.holds > 1).take(MOST).peekable();
    if several.peek().is_none() {
        return;
    }
    let _ = writeln!(text, "\nROOT CAUSES");
    for cause in several {
        let _ = writeln!(text, "  {} objects: {}\n    try    {}", cause.holds, cause.root_cause, cause.hint);
    }
}

fn age(seconds: i64) -> String {
    human_duration(Duration::from_secs(seconds.unsigned_abs()))
}
