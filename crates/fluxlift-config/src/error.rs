//! What can be wrong with a tree.

use std::ops::Range;
use std::path::PathBuf;

use fluxlift_core::{Diagnostic, ErrorKind, Explain, Hint, Location};
use thiserror::Error;

use crate::syntax::SourceText;

/// A tree that could not be loaded or evaluated.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// One or more places in the tree's files are wrong.
    #[error("{}", summary(.0))]
    Invalid(Vec<Diagnostic>),
    /// A file or folder could not be read.
    #[error("could not read {}", .path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The working folder holds no unit.
    #[error("there is no terragrunt.hcl in {} or below it", .0.display())]
    NoUnits(PathBuf),
    /// A unit was named that the tree does not have.
    #[error("the tree has no unit {0}")]
    NoSuchUnit(fluxlift_core::UnitPath),
}

impl ConfigError {
    /// The places that are wrong; empty when the error is not about a place in a file.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Invalid(diagnostics) => diagnostics,
            _ => &[],
        }
    }
}

impl Explain for ConfigError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Failed
    }

    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Invalid(diagnostics) => diagnostics.iter().flat_map(|d| d.hints.clone()).collect(),
            Self::NoUnits(_) => vec![Hint::new("name the folder of a unit or of a cluster with --working-dir")],
            Self::NoSuchUnit(_) => vec![Hint::new("list the units with `fluxlift graph`")],
            Self::Read { .. } => Vec::new(),
        }
    }
}

impl From<Fault> for ConfigError {
    fn from(fault: Fault) -> Self {
        Self::Invalid(vec![*fault.diagnostic])
    }
}

fn summary(diagnostics: &[Diagnostic]) -> String {
    match diagnostics {
        [] => "the tree is not valid".to_owned(),
        [one] => one.to_string(),
        [first, rest @ ..] => format!("{first} (and {} more)", rest.len()),
    }
}

/// A diagnostic on its way up, and whether `try` may swallow it.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub(crate) diagnostic: Box<Diagnostic>,
    /// A fatal fault passes through `try` and `can`: what is not supported, or an output that must not be guessed.
    pub(crate) fatal: bool,
}

/// The result of evaluating something.
pub(crate) type Outcome<T> = Result<T, Fault>;

impl Fault {
    /// A fault at `span` of `source`.
    pub(crate) fn at(source: &SourceText, span: Option<Range<usize>>, message: impl Into<String>) -> Self {
        let span = span.unwrap_or(0..0);
        Self {
            diagnostic: Box::new(Diagnostic {
                message: message.into(),
                location: Location::of_offset(&source.shown, &source.text, span.start),
                span,
                source: source.text.clone(),
                label: None,
                hints: Vec::new(),
            }),
            fatal: false,
        }
    }

    /// The same, with a few words beside the marked text.
    pub(crate) fn label(mut self, label: impl Into<String>) -> Self {
        self.diagnostic.label = Some(label.into());
        self
    }

    /// The same, with what to do.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.diagnostic.hints.push(Hint::new(hint));
        self
    }

    /// The same, with several hints.
    pub(crate) fn hints(mut self, hints: impl IntoIterator<Item = Hint>) -> Self {
        self.diagnostic.hints.extend(hints);
        self
    }

    /// The same, but `try` does not swallow it.
    pub(crate) fn fatal(mut self) -> Self {
        self.fatal = true;
        self
    }
}

/// `candidates` as a hint when `wanted` looks like a slip of the pen, else all of them when there are few.
pub(crate) fn did_you_mean<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<Hint> {
    let mut names: Vec<&str> = candidates.into_iter().collect();
    names.sort_by_key(|name| distance(wanted, name));
    let nearest = names.first()?;
    if distance(wanted, nearest) <= 1 + wanted.len() / 4 {
        return Some(Hint::new(format!("did you mean `{nearest}`?")));
    }
    names.sort_unstable();
    (names.len() <= 12).then(|| Hint::new(format!("there is {}", names.join(", "))))
}

/// How many letters must change to turn `a` into `b`.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_answered_with_the_nearest_name() {
        let hint = did_you_mean("kubeconfg", ["kubeconfig", "cluster_ready"]).unwrap();
        assert_eq!(hint.to_string(), "did you mean `kubeconfig`?");
        let hint = did_you_mean("zzz", ["b", "a"]).unwrap();
        assert_eq!(hint.to_string(), "there is a, b");
    }
}
