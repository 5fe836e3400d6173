//! What a gate says of what it saw.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// The judgement of one observation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// The condition holds, and this is what shows it.
    Proven {
        /// What was seen.
        evidence: Evidence,
    },
    /// Not yet, because of this.
    Pending {
        /// What is missing, with the last value seen.
        why: String,
    },
    /// It will not come by waiting.
    Stuck {
        /// What is wrong, with the last value seen.
        why: String,
        /// What would help.
        remedy: Remedy,
    },
}

impl Verdict {
    /// The condition holds.
    pub const fn proven(evidence: Evidence) -> Self {
        Self::Proven { evidence }
    }

    /// Not yet.
    pub fn pending(why: impl Into<String>) -> Self {
        Self::Pending { why: why.into() }
    }

    /// Waiting will not help; a person or a rung of the ladder will.
    pub fn stuck(why: impl Into<String>, remedy: Remedy) -> Self {
        Self::Stuck { why: why.into(), remedy }
    }

    /// Whether the condition holds.
    pub const fn is_proven(&self) -> bool {
        matches!(self, Self::Proven { .. })
    }

    /// `proven`, `pending` or `stuck`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Proven { .. } => "proven",
            Self::Pending { .. } => "pending",
            Self::Stuck { .. } => "stuck",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proven { evidence } => write!(f, "{evidence}"),
            Self::Pending { why } | Self::Stuck { why, .. } => f.write_str(why),
        }
    }
}

/// What would help something that is stuck: a rung of the repair ladder, least force first, or a person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "remedy", rename_all = "kebab-case")]
pub enum Remedy {
    /// Ask for a reconciliation at once (`reconcile.fluxcd.io/requestedAt`).
    Reconcile,
    /// Repair the source or dependency upstream first.
    RepairUpstream,
    /// Clear the failure counts (`resetAt`).
    Reset,
    /// Force one install or upgrade (`forceAt`).
    Force,
    /// Restart the controller.
    RestartController,
    /// Edit the Helm storage Secret.
    EditStorage,
    /// Nothing that fluxlift may do: a person must act, and this is what to do.
    Person {
        /// What the person should do.
        act: String,
    },
}

impl Remedy {
    /// A person must do `act`.
    pub fn person(act: impl Into<String>) -> Self {
        Self::Person { act: act.into() }
    }
}

/// What was seen when a gate was proven.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The object, as `kind/namespace/name`, `node/cp01` or an address.
    pub object: String,
    /// The object's UID, where it has one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub uid: Option<String>,
    /// The generation that the proof is about, where there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub generation: Option<i64>,
    /// The resourceVersion at which it was seen, where there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub resource_version: Option<String>,
    /// What was read and its value, such as `status.observedGeneration=3`.
    pub field: String,
    /// When it was seen, by the injected clock; filled in by the gate driver.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at: Option<Timestamp>,
}

impl Evidence {
    /// Evidence about `object`: `field` was read.
    pub fn new(object: impl Into<String>, field: impl Into<String>) -> Self {
        Self {
            object: object.into(),
            uid: None,
            generation: None,
            resource_version: None,
            field: field.into(),
            at: None,
        }
    }

    /// The same, with the object's UID.
    #[must_use]
    pub fn with_uid(mut self, uid: impl Into<String>) -> Self {
        self.uid = Some(uid.into());
        self
    }

    /// The same, with the generation it is about.
    #[must_use]
    pub const fn with_generation(mut self, generation: i64) -> Self {
        self.generation = Some(generation);
        self
    }

    /// The same, with the resourceVersion it was seen at.
    #[must_use]
    pub fn with_resource_version(mut self, version: impl Into<String>) -> Self {
        self.resource_version = Some(version.into());
        self
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.object, self.field)?;
        if let Some(version) = &self.resource_version {
            write!(f, " @{version}")?;
        }
        Ok(())
    }
}
