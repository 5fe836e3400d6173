//! An error as the person at midnight reads it: what failed, why, what to do next.

use std::error::Error;

use fluxlift_core::{Diagnostic, ErrorKind, Explain, Hint, UnitPath};
use fluxlift_engine::unit::UnitError;

use super::diagnostic::draw;
use super::style::{BAD, BUSY, paint};
use super::terminal::to_stderr;

/// Why a command failed, ready to be shown.
#[derive(Debug)]
pub struct Failure {
    kind: ErrorKind,
    message: String,
    causes: Vec<String>,
    diagnostics: Vec<Diagnostic>,
    hints: Vec<Hint>,
}

impl Failure {
    /// A failure of `kind` with a message.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), causes: Vec::new(), diagnostics: Vec::new(), hints: Vec::new() }
    }

    /// A failure that was made of `error`, which can't explain itself.
    pub fn because(message: impl Into<String>, error: &dyn Error) -> Self {
        let mut failure = Self::new(ErrorKind::Failed, message);
        failure.causes.push(error.to_string());
        failure.causes.extend(causes(error));
        failure
    }

    /// A failure that is about places in files.
    pub fn at(diagnostics: Vec<Diagnostic>) -> Self {
        Self { diagnostics, ..Self::new(ErrorKind::Failed, String::new()) }
    }

    /// The failure of a unit.
    pub fn of_unit(unit: &UnitPath, error: &UnitError) -> Self {
        // The unit in the working folder is the one that was asked for: its name would be a dot.
        let message = if unit.as_str() == "." { error.to_string() } else { format!("{unit}: {error}") };
        let mut failure = Self::new(error.kind(), message);
        if !error.diagnostics().is_empty() {
            failure.message = String::new();
            failure.diagnostics = error.diagnostics().to_vec();
        }
        failure.causes = causes(error);
        failure.hints = error.hints().to_vec();
        failure
    }

    /// What failed, in one line.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Why what `subject` names failed.
    pub fn about(subject: &str, error: &impl Explain) -> Self {
        Self { message: format!("{subject}: {error}"), ..Self::of(error) }
    }

    fn of(error: &impl Explain) -> Self {
        let mut failure = Self::new(error.kind(), error.to_string());
        failure.causes = causes(error);
        failure.hints = error.hints();
        failure
    }

    /// The same, with what to do next.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(Hint::new(hint));
        self
    }

    /// The same, with hints.
    #[must_use]
    pub fn with_hints(mut self, hints: impl IntoIterator<Item = Hint>) -> Self {
        self.hints.extend(hints);
        self
    }

    /// The same, without what to do next.
    #[must_use]
    pub fn without_hints(mut self) -> Self {
        self.hints.clear();
        self
    }

    /// The process exit code.
    pub const fn exit_code(&self) -> u8 {
        self.kind.exit_code()
    }

    /// The failure as plain text.
    pub fn told(&self) -> String {
        anstream::adapter::strip_str(&self.render()).to_string()
    }

    /// The failure as coloured text, without a trailing newline.
    pub fn render(&self) -> String {
        let mut lines: Vec<String> = self.diagnostics.iter().map(draw).collect();
        if !self.message.is_empty() {
            lines.push(format!("{} {}", paint(BAD, "error:"), self.message));
        }
        lines.extend(self.causes.iter().map(|cause| format!("  {} {cause}", paint(BAD, "cause:"))));
        lines.extend(self.hints.iter().map(|hint| format!("  {} {hint}", paint(BUSY, "hint:"))));
        lines.join("\n")
    }
}

impl<E: Explain> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::of(&error)
    }
}

fn causes(error: &dyn Error) -> Vec<String> {
    let mut texts = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        texts.push(cause.to_string());
        next = cause.source();
    }
    texts
}

/// Shows `failure` on stderr.
pub fn report_failure(failure: &Failure) {
    to_stderr(&failure.render());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_what_why_and_what_next() {
        let failure = Failure::because("the state cannot be read", &std::io::Error::other("disk full"))
            .with_hint("free some space");
        assert_eq!(failure.told(), "error: the state cannot be read\n  cause: disk full\n  hint: free some space");
        assert_eq!(failure.exit_code(), 1);
    }
}
