//! What is to be done: a pure function of what is stored and what is wanted.

use std::fmt;

use fluxlift_core::ChangeKind;
use serde_json::Value;

use crate::chart::values_digest;
use crate::manifest::ObjectId;
use crate::release::{History, Status};

/// What is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Desired<'a> {
    /// The chart's name.
    pub chart: &'a str,
    /// The chart's version.
    pub version: &'a str,
    /// The user's values.
    pub config: &'a Value,
    /// The manifest, rendered for the revision that is deployed, so that only a real difference shows.
    pub manifest: &'a str,
    /// Objects of the manifest that are not in the cluster.
    pub missing: &'a [ObjectId],
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Install: there is nothing, or what there was is uninstalled.
    Install {
        /// The revision that comes.
        revision: u32,
    },
    /// Upgrade: something differs.
    Upgrade {
        /// The revision that is deployed.
        from: u32,
        /// The revision that comes.
        revision: u32,
        /// What differs, one line each.
        why: Vec<String>,
    },
    /// Nothing: what is wanted is deployed.
    None {
        /// The revision that is deployed.
        revision: u32,
    },
    /// Take over what an earlier attempt left, and bring it to its end.
    TakeOver {
        /// The revision that was left.
        left: u32,
        /// What it was left as.
        status: Status,
        /// The revision that comes.
        revision: u32,
        /// Whether a revision was deployed before.
        deployed_before: bool,
        /// Why, in a sentence.
        why: String,
    },
    /// A person must act first.
    Refuse {
        /// The revision that is in the way.
        left: u32,
        /// Its status.
        status: Status,
    },
}

impl Decision {
    /// The revision that will be deployed afterwards; `None` when there will be none.
    pub const fn revision(&self) -> Option<u32> {
        match self {
            Self::Install { revision }
            | Self::Upgrade { revision, .. }
            | Self::None { revision }
            | Self::TakeOver { revision, .. } => Some(*revision),
            Self::Refuse { .. } => None,
        }
    }

    /// Whether a revision is deployed that this one follows.
    pub const fn is_upgrade(&self) -> bool {
        matches!(self, Self::Upgrade { .. } | Self::TakeOver { deployed_before: true, .. })
    }

    /// As a plan shows it.
    pub const fn change(&self) -> ChangeKind {
        match self {
            Self::Install { .. } | Self::TakeOver { deployed_before: false, .. } => ChangeKind::Create,
            Self::Upgrade { .. } | Self::TakeOver { .. } => ChangeKind::Update,
            Self::None { .. } => ChangeKind::None,
            Self::Refuse { .. } => ChangeKind::Unknown,
        }
    }

    /// Why, one line each.
    pub fn reasons(&self) -> Vec<String> {
        match self {
            Self::Upgrade { why, .. } => why.clone(),
            Self::TakeOver { why, .. } => vec![why.clone()],
            other => vec![other.to_string()],
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Install { revision } => write!(f, "install as revision {revision}"),
            Self::Upgrade { from, revision, .. } => write!(f, "upgrade revision {from} to {revision}"),
            Self::None { revision } => write!(f, "revision {revision} is deployed and the same"),
            Self::TakeOver { left, status, revision, .. } => {
                write!(f, "take over revision {left}, which is {status}, as revision {revision}")
            }
            Self::Refuse { left, status } => write!(f, "revision {left} is {status}"),
        }
    }
}

/// Decides what is to be done.
pub fn decide(history: &History, desired: &Desired<'_>) -> Decision {
    let Some(last) = history.last() else { return Decision::Install { revision: 1 } };
    let (left, revision) = (last.revision(), last.revision() + 1);
    let take_over = |status: Status, why: String| Decision::TakeOver {
        left,
        status,
        revision,
        deployed_before: history.deployed().is_some(),
        why,
    };
    match last.status() {
        Status::Uninstalled => Decision::Install { revision },
        Status::Deployed => match differences(history, desired) {
            why if why.is_empty() => Decision::None { revision: left },
            why => Decision::Upgrade { from: left, revision, why },
        },
        status @ Status::Failed => {
            let about = if last.description().is_empty() { "no reason is stored" } else { last.description() };
            take_over(status, format!("revision {left} failed: {about}"))
        }
        status if status.is_pending() => {
            take_over(status, format!("revision {left} is {status}: the run that began it did not end it"))
        }
        status @ Status::Superseded => {
            take_over(status, format!("revision {left} is superseded, but nothing newer is stored"))
        }
        status => Decision::Refuse { left, status },
    }
}

fn differences(history: &History, desired: &Desired<'_>) -> Vec<String> {
    let Some(last) = history.last() else { return Vec::new() };
    let mut why = Vec::new();
    if last.chart_name() != desired.chart {
        why.push(format!("the chart changes from {} to {}", last.chart_name(), desired.chart));
    }
    if last.chart_version() != desired.version {
        why.push(format!("the chart's version changes from {} to {}", last.chart_version(), desired.version));
    }
    if values_digest(&last.config()) != values_digest(desired.config) {
        why.push("the values change".to_owned());
    }
    if why.is_empty() && last.manifest() != desired.manifest {
        why.push("the chart renders something else".to_owned());
    }
    why.extend(desired.missing.iter().map(|id| format!("{id} is missing")));
    why
}
