//! What can be wrong with a template.

use std::fmt;

use fluxlift_core::{Explain, Hint};
use thiserror::Error;

/// A place in a template. Line and column count from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The template, such as `flux-operator/templates/deployment.yaml`.
    pub template: String,
    /// The line.
    pub line: usize,
    /// The column; 0 where it is not known.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.template, self.line)?;
        if self.column > 0 {
            write!(f, ":{}", self.column)?;
        }
        Ok(())
    }
}

/// A template that cannot be parsed or executed.
#[derive(Debug, Error)]
pub enum TemplateError {
    /// It is not a template.
    #[error("{place} is not valid template syntax: {message}")]
    Syntax {
        /// Where.
        place: Place,
        /// What is wrong.
        message: String,
    },
    /// It calls a function that does not exist here.
    #[error("{place} calls the function {name:?}, which {reason}")]
    UnknownFunction {
        /// Where.
        place: Place,
        /// The function.
        name: String,
        /// Why it is not there.
        reason: &'static str,
    },
    /// The chart itself says no, by `fail` or `required`.
    #[error("the chart refused its values at {place}: {message}")]
    Refused {
        /// Where.
        place: Place,
        /// What the chart says.
        message: String,
    },
    /// It failed while it ran.
    #[error("{place} failed: {message}")]
    Execution {
        /// Where.
        place: Place,
        /// What went wrong.
        message: String,
    },
}

impl TemplateError {
    /// Where it happened.
    pub const fn place(&self) -> &Place {
        match self {
            Self::Syntax { place, .. }
            | Self::UnknownFunction { place, .. }
            | Self::Refused { place, .. }
            | Self::Execution { place, .. } => place,
        }
    }
}

impl Explain for TemplateError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Refused { .. } => vec![Hint::new("change the values that the chart names")],
            Self::UnknownFunction { .. } => {
                vec![Hint::new("use a version of the chart without it, or install the chart with helm")]
            }
            Self::Syntax { .. } | Self::Execution { .. } => vec![],
        }
    }
}
