//! What can be done in a situation.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::kinds::Subject;

/// One thing that is done.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Act {
    /// Applies an object as a person with kubectl would, creating it where it is not there.
    Apply(Value),
    /// Changes fields of an object by a merge patch.
    Merge {
        /// The object.
        of: Subject,
        /// The fields.
        fields: Value,
    },
    /// Deletes an object.
    Delete(Subject),
    /// Makes these files the whole content of the Git repository.
    Commit(BTreeMap<String, String>),
    /// Keeps a controller from working when its Pod starts: the Pod is Ready, and nothing is done.
    Hold(String),
    /// Lets it work.
    Release(String),
}
