//! One thing that is wrong, or not known.

use serde::Serialize;

use super::Id;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It breaks Flux, or will.
    Error,
    /// The check could not be made.
    Unknown,
    /// It works, and somebody should know.
    Warning,
}

/// What was seen, why it matters, what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is, for programs and for its page in the documentation.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The check that found it.
    pub check: &'static str,
    /// The object that it is about, such as `node/cp01`.
    pub object: Option<String>,
    /// What was seen.
    pub seen: String,
    /// Why it matters.
    pub why: &'static str,
    /// What to do, a command where there is one.
    pub act: String,
    /// Its page in the documentation.
    pub page: String,
}

impl Finding {
    /// A finding of kind `id`. Its check is known once the check has ended.
    pub fn new(id: Id, severity: Severity, seen: impl Into<String>, act: impl Into<String>) -> Self {
        Self {
            id: id.word(),
            severity,
            check: "",
            object: None,
            seen: seen.into(),
            why: id.why(),
            act: act.into(),
            page: id.page(),
        }
    }

    /// Something that breaks Flux, or will.
    pub fn error(id: Id, seen: impl Into<String>, act: impl Into<String>) -> Self {
        Self::new(id, Severity::Error, seen, act)
    }

    /// Something that works, and somebody should know.
    pub fn warning(id: Id, seen: impl Into<String>, act: impl Into<String>) -> Self {
        Self::new(id, Severity::Warning, seen, act)
    }

    /// The same finding, about this object.
    #[must_use]
    pub fn about(mut self, object: impl Into<String>) -> Self {
        self.object = Some(object.into());
        self
    }
}
