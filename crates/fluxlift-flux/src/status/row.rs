//! One object in the status: the line of a document.

use fluxlift_core::Timestamp;
use serde::Serialize;

use crate::diagnosis::{Diagnosis, Place, Standing};

/// How one object stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The kind, such as `HelmRelease`.
    pub kind: &'static str,
    /// The namespace.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// `stuck`, `pending`, `unjudged` or `proven`.
    pub verdict: &'static str,
    /// Why, in one word.
    pub reason: &'static str,
    /// Since when, as far as the object says.
    pub since: Option<Timestamp>,
    /// For how many seconds.
    pub for_seconds: Option<i64>,
    /// What it waits for; `None` when it is proven.
    pub waits_for: Option<String>,
    /// The last value that was seen; `None` when it is proven.
    pub seen: Option<String>,
    /// The object at the end of the edges, and what is the matter with it; `None` when it is proven.
    pub root_cause: Option<String>,
    /// The one command that helps; `None` when it is proven.
    pub hint: Option<String>,
    #[serde(skip)]
    pub(super) standing: Standing,
}

impl Row {
    fn bare(kind: &'static str, namespace: &str, name: &str, standing: Standing, reason: &'static str) -> Self {
        Self {
            kind,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            verdict: standing.word(),
            reason,
            since: None,
            for_seconds: None,
            waits_for: None,
            seen: None,
            root_cause: None,
            hint: None,
            standing,
        }
    }

    pub(super) fn proven(kind: &'static str, namespace: &str, name: &str) -> Self {
        Self::bare(kind, namespace, name, Standing::Proven, "Ready")
    }

    /// One that is its own root cause.
    pub(super) fn unmet(
        kind: &'static str,
        namespace: &str,
        name: &str,
        reason: &'static str,
        why: impl Into<String>,
    ) -> Self {
        let mut row = Self::bare(kind, namespace, name, Standing::Pending, reason);
        let why = why.into();
        row.root_cause = Some(format!("{}: {why}", row.title()));
        row.waits_for = Some(why.clone());
        row.seen = Some(why);
        row
    }

    pub(super) fn of(place: &Place, found: &Diagnosis) -> Self {
        let standing = found.cause.standing();
        let mut row = Self::bare(place.kind, &place.namespace, &place.name, standing, found.cause.word());
        row.waits_for = (standing != Standing::Proven).then(|| found.cause.to_string());
        row
    }

    #[must_use]
    pub(super) fn helped(mut self, standing: Standing, command: String) -> Self {
        (self.standing, self.verdict) = (standing, standing.word());
        self.hint = Some(command);
        self
    }

    #[must_use]
    pub(super) fn since(mut self, since: Option<Timestamp>, now: Timestamp) -> Self {
        self.since = since;
        self.for_seconds = since.map(|since| now.duration_since(since).as_secs().max(0));
        self
    }

    /// How it stands.
    pub const fn standing(&self) -> Standing {
        self.standing
    }

    /// Which object it is: `helmrelease/apps/podinfo`.
    pub fn title(&self) -> String {
        format!("{}/{}/{}", self.kind.to_lowercase(), self.namespace, self.name)
    }
}
