//! Why a value of the tree is not of the type that is wanted, without the value.

use std::fmt;

use serde::de::{self, Expected, Unexpected};
use thiserror::Error;

use crate::Explain;

/// A value that is not of the wanted type: where it is, what was expected and what sort of value is there.
///
/// It never says the value itself: what has the wrong type may still be a secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}{what}", At(steps))]
pub struct Misfit {
    /// The way to the value, from the inside out.
    steps: Vec<Step>,
    what: String,
    /// Whether `what` are somebody else's words, which may hold the value.
    quotes: bool,
}

/// One step into a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// To an entry of a map.
    Key(String),
    /// To an element of a list.
    Index(usize),
}

impl Misfit {
    fn new(what: String) -> Self {
        Self { steps: Vec::new(), what, quotes: false }
    }

    /// The same, seen from one step further out.
    pub(crate) fn below(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// Whether it is about the outermost value itself.
    pub(crate) const fn is_here(&self) -> bool {
        self.steps.is_empty()
    }

    /// The same, about a value that must not be shown.
    pub(crate) fn hidden(mut self) -> Self {
        if std::mem::take(&mut self.quotes) {
            "it is not of the expected form".clone_into(&mut self.what);
        }
        self
    }
}

impl Explain for Misfit {}

/// The way to a value, with what parts it from the rest of the line.
struct At<'a>(&'a [Step]);

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, step) in self.0.iter().rev().enumerate() {
            match step {
                Step::Key(key) if n == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        if self.0.is_empty() { Ok(()) } else { f.write_str(": ") }
    }
}

impl de::Error for Misfit {
    fn custom<T: fmt::Display>(words: T) -> Self {
        Self { quotes: true, ..Self::new(words.to_string()) }
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("expected {expected}, found {}", sort_of(&found)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("expected {expected}, found {} that is none", sort_of(&found)))
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Self::new(format!("expected {expected}, found {length} elements"))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::new(format!("expected one of {}, found another word", expected.join(", ")))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new("it is missing".to_owned()).below(Step::Key(field.to_owned()))
    }
}

/// The sort of a value.
const fn sort_of(found: &Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "a boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "a whole number",
        Unexpected::Float(_) => "a number",
        Unexpected::Char(_) | Unexpected::Str(_) => "a string",
        Unexpected::Bytes(_) => "bytes",
        Unexpected::Unit | Unexpected::Option => "null",
        Unexpected::Seq => "a list",
        Unexpected::Map | Unexpected::NewtypeStruct => "a map",
        _ => "something else",
    }
}
