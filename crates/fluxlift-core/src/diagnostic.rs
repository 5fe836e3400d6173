//! A message about a place in a file.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::Hint;

/// A place in a text file. Line and column count from 1; the column counts characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
}

impl Location {
    /// The place of byte `offset` in `text`, the content of `file`.
    pub fn of_offset(file: &Path, text: &str, offset: usize) -> Self {
        let mut end = offset.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &text[..end];
        let start_of_line = before.rfind('\n').map_or(0, |i| i + 1);
        Self {
            file: file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[start_of_line..].chars().count() + 1,
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}

/// A message about a place in a file, with what a person needs to mend it.
///
/// The text of the file travels along so that the command line can draw the snippet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What is wrong. Never holds a secret.
    pub message: String,
    /// Where.
    pub location: Location,
    /// The bytes of `source` that it is about.
    pub span: std::ops::Range<usize>,
    /// The file's text.
    pub source: std::sync::Arc<str>,
    /// A few words beside the marked text.
    pub label: Option<String>,
    /// What to do.
    pub hints: Vec<Hint>,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.location, self.message)
    }
}

impl std::error::Error for Diagnostic {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_becomes_line_and_column_in_characters() {
        let text = "a = 1\nbé = ?\n";
        let place = Location::of_offset(Path::new("x.hcl"), text, text.find('?').unwrap());
        assert_eq!(place.to_string(), "x.hcl:2:6");
    }
}
