//! What doctor found, for people: the findings, the worst first, then what each check saw.

use std::fmt::Write as _;

use fluxlift_flux::doctor::{Finding, Report, Severity};

use crate::ui::Table;

/// The whole of it.
pub fn render(report: &Report) -> String {
    let mut text = String::new();
    for (severity, title) in [
        (Severity::Error, "ERRORS"),
        (Severity::Unknown, "NOT KNOWN: these checks could not be made"),
        (Severity::Warning, "WARNINGS"),
    ] {
        let found: Vec<&Finding> = report.findings.iter().filter(|finding| finding.severity == severity).collect();
        if !found.is_empty() {
            let _ = writeln!(text, "{title}");
            found.iter().for_each(|finding| write_finding(&mut text, finding));
            text.push('\n');
        }
    }
    let mut table = Table::new(["CHECK", "OUTCOME", "SEEN"]);
    for check in &report.checks {
        let mut seen = check.seen.iter().cloned();
        table.row([check.check.to_owned(), check.outcome.to_owned(), seen.next().unwrap_or_default()]);
        seen.for_each(|seen| table.row([String::new(), String::new(), seen]));
    }
    let summary = &report.summary;
    let verdict = match (summary.errors, summary.unknown, summary.warnings) {
        (0, 0, 0) => "Nothing was found.".to_owned(),
        (errors, unknown, warnings) => format!("{errors} errors, {unknown} not known, {warnings} warnings."),
    };
    format!("{text}{}\n{verdict}\n", table.render())
}

fn write_finding(text: &mut String, finding: &Finding) {
    let object = finding.object.as_deref().map(|object| format!(" {object}")).unwrap_or_default();
    let _ =
        writeln!(text, "  {}{object}", if finding.severity == Severity::Unknown { finding.check } else { finding.id });
    let _ = writeln!(text, "    seen   {}", finding.seen);
    if finding.severity != Severity::Unknown {
        let _ = writeln!(text, "    why    {}", finding.why);
        let _ = writeln!(text, "    try    {}", finding.act);
        let _ = writeln!(text, "    more   {}", finding.page);
    }
}
