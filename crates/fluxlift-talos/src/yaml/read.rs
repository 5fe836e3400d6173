//! From text to trees.

use std::str::FromStr;

use fluxlift_core::{Explain, Hint};
use thiserror::Error;

use super::Node;

/// Text that is not the YAML it should be. It names the place, never what is written there.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum YamlError {
    /// The text cannot be read.
    #[error("the YAML cannot be read at line {line}, column {column}")]
    Unreadable {
        /// Line, from 1; 0 when it is not known.
        line: u64,
        /// Column, from 1; 0 when it is not known.
        column: u64,
    },
    /// There is not exactly one document.
    #[error("one YAML document was expected, {found} were found")]
    Documents {
        /// How many there are.
        found: usize,
    },
}

impl Explain for YamlError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Unreadable { .. } => vec![Hint::new("look for a missing colon, a tab or a wrong indentation there")],
            Self::Documents { .. } => vec![],
        }
    }
}

impl Node {
    /// Reads every document of `text`; empty ones are left out.
    ///
    /// # Errors
    /// When it is not YAML, has a key twice, or is unreasonably deep or large.
    pub fn documents(text: &str) -> Result<Vec<Self>, YamlError> {
        let options = serde_saphyr::options! {
            strict_booleans: true,
            legacy_octal_numbers: true,
            with_snippet: false,
        };
        serde_saphyr::from_multiple_with_options(text, options).map_err(|error| {
            let place = error.location();
            YamlError::Unreadable { line: place.map_or(0, |p| p.line()), column: place.map_or(0, |p| p.column()) }
        })
    }
}

impl FromStr for Node {
    type Err = YamlError;

    fn from_str(text: &str) -> Result<Self, YamlError> {
        let mut documents = Self::documents(text)?;
        match (documents.pop(), documents.len()) {
            (Some(only), 0) => Ok(only),
            (last, before) => Err(YamlError::Documents { found: before + usize::from(last.is_some()) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn off_is_text_and_keys_keep_their_order() {
        let node: Node = "zulu: off\nalpha: [1, 0o17, 1.5, ~, true]\n8080: x\n".parse().unwrap();
        assert_eq!(node.as_map().unwrap().keys().collect::<Vec<_>>(), ["zulu", "alpha", "8080"]);
        assert_eq!(node.text(&["zulu"]), Some("off"));
        let list = node.at(&["alpha"]).unwrap().as_list().unwrap();
        assert_eq!(list, [Node::Int(1), Node::Int(15), Node::Float(1.5), Node::Null, Node::Bool(true)]);
    }

    #[test]
    fn an_error_names_the_place_and_not_the_text() {
        let error = "name: a\ntoken: hunter2: b\n".parse::<Node>().unwrap_err();
        assert!(matches!(error, YamlError::Unreadable { line: 2, .. }), "{error:?}");
        assert!(!format!("{error:?} {error}").contains("hunter2"));
    }

    #[test]
    fn a_key_that_stands_twice_is_refused() {
        assert!("a: 1\na: 2\n".parse::<Node>().is_err());
    }
}
