//! All that the checks came to: the document of `fluxlift doctor`.

use fluxlift_core::Timestamp;
use serde::Serialize;

use super::{Exam, Finding, Severity, checks};

/// What doctor found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// What it comes to.
    pub summary: Summary,
    /// The findings, the worst first.
    pub findings: Vec<Finding>,
    /// What each check came to, in their order.
    pub checks: Vec<Outcome>,
}

/// How many of what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// When it was looked at, by our clock.
    pub at: Timestamp,
    /// Whether there is no error, and nothing is not known.
    pub healthy: bool,
    /// What breaks Flux, or will.
    pub errors: usize,
    /// What could not be looked at.
    pub unknown: usize,
    /// What somebody should know.
    pub warnings: usize,
}

/// What one check came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The check.
    pub check: &'static str,
    /// `fine`, `found`, `unknown`, or `absent` where there is nothing to judge.
    pub outcome: &'static str,
    /// What it saw.
    pub seen: Vec<String>,
}

impl Report {
    /// Makes every check but those in `skipped`. Pure: the same exam gives the same report.
    pub fn of(exam: &Exam, skipped: &[String]) -> Self {
        let (mut findings, mut outcomes) = (Vec::new(), Vec::new());
        for (name, check) in checks::ALL.iter().filter(|(name, _)| !skipped.iter().any(|skip| skip == name)) {
            let mut judged = check(exam).unwrap_or_else(Into::into);
            let worst = judged.findings.iter().map(|finding| finding.severity).min();
            let outcome = match worst {
                Some(Severity::Unknown) => "unknown",
                Some(_) => "found",
                None if judged.absent.is_some() => "absent",
                None => "fine",
            };
            judged.seen.extend(judged.absent.take());
            outcomes.push(Outcome { check: name, outcome, seen: judged.seen });
            findings.extend(judged.findings.into_iter().map(|finding| Finding { check: name, ..finding }));
        }
        // Of one severity, what is below stays before what stands on it.
        findings.sort_by_key(|finding| finding.severity);
        let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
        let (errors, unknown) = (count(Severity::Error), count(Severity::Unknown));
        let warnings = count(Severity::Warning);
        let summary = Summary { at: exam.at, healthy: errors + unknown == 0, errors, unknown, warnings };
        Self { summary, findings, checks: outcomes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Unread;

    #[test]
    fn an_exam_that_saw_nothing_is_not_a_healthy_one() {
        let exam = Exam::blind(Timestamp::UNIX_EPOCH, &Unread::because("the API server does not answer"));
        let report = Report::of(&exam, &[]);
        assert!(!report.summary.healthy);
        assert_eq!((report.findings[0].id, report.findings[0].severity), ("api-unreachable", Severity::Error));
        let fine: Vec<&str> = report.checks.iter().filter(|it| it.outcome == "fine").map(|it| it.check).collect();
        assert_eq!(fine, [""; 0]);
    }

    #[test]
    fn a_check_that_is_skipped_says_nothing() {
        let exam = Exam::blind(Timestamp::UNIX_EPOCH, &Unread::because("x"));
        let report = Report::of(&exam, &["queues".to_owned()]);
        assert!(report.checks.iter().all(|check| check.check != "queues"));
        assert_eq!(report.checks.len() + 1, checks::NAMES.len());
    }
}
