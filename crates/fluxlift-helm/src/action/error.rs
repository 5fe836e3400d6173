//! Why an action did not succeed.

use fluxlift_core::{ErrorKind, Explain, Hint};
use fluxlift_gate::GateError;
use thiserror::Error;

use super::ClusterError;
use crate::manifest::RenderError;
use crate::release::{ReleaseError, Status};

/// An installation, upgrade or removal that did not succeed.
#[derive(Debug, Error)]
pub enum ActionError {
    /// The chart cannot be rendered.
    #[error("release {release} cannot be rendered")]
    Render {
        /// The release.
        release: String,
        /// Why not.
        #[source]
        source: Box<RenderError>,
    },
    /// What is stored cannot be read, or the new revision not stored.
    #[error("the history of release {release} cannot be used")]
    History {
        /// The release.
        release: String,
        /// Why not.
        #[source]
        source: ReleaseError,
    },
    /// A request failed.
    #[error("{doing} failed for release {release}")]
    Cluster {
        /// The release.
        release: String,
        /// What was being done, such as `applying Deployment/flux-system/flux-operator`.
        doing: String,
        /// Why it failed.
        #[source]
        source: ClusterError,
    },
    /// Objects exist that are not the release's.
    #[error("release {release} would take over what is not its own: {}", objects.join(", "))]
    NotOurs {
        /// The release.
        release: String,
        /// The objects, each with its owner where it has one.
        objects: Vec<String>,
    },
    /// The cluster does not know a kind that the chart uses.
    #[error("release {release} needs {kind} of {api_version}, which the cluster does not serve")]
    NotServed {
        /// The release.
        release: String,
        /// The kind.
        kind: String,
        /// The group and version.
        api_version: String,
    },
    /// Somebody else works on the release.
    #[error("release {release} was changed by somebody else while it was being worked on")]
    Raced {
        /// The release.
        release: String,
        /// What got in the way.
        #[source]
        source: ClusterError,
    },
    /// The release is in a state that a person must end.
    #[error("revision {revision} of release {release} is {status}")]
    Blocked {
        /// The release.
        release: String,
        /// The revision.
        revision: u32,
        /// Its status.
        status: Status,
    },
    /// It was applied, but a gate was not proven.
    #[error("release {release} was applied, but did not come up{}", left.as_deref().map(|l| format!("; {l}")).unwrap_or_default())]
    Gate {
        /// The release.
        release: String,
        /// What the clean-up could not do, if anything.
        left: Option<String>,
        /// The gate.
        #[source]
        source: Box<GateError>,
    },
}

impl Explain for ActionError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Gate { source, .. } => source.kind(),
            Self::Cluster { source, .. } => source.kind(),
            _ => ErrorKind::Failed,
        }
    }

    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Render { source, .. } => source.hints(),
            Self::History { source, .. } => source.hints(),
            Self::Cluster { source, .. } => source.hints(),
            Self::Gate { source, .. } => source.hints(),
            Self::NotOurs { .. } => vec![Hint::new(
                "remove these objects, or give them the release's labels and annotations of Helm to hand them over",
            )],
            Self::NotServed { .. } => vec![Hint::new("install the custom resource definition first")],
            Self::Raced { .. } => {
                vec![Hint::new("make sure that no other helm or fluxlift works on it, then run again")]
            }
            Self::Blocked { status: Status::Uninstalling, .. } => {
                vec![Hint::new("finish the removal first, with `fluxlift destroy` or `helm uninstall`")]
            }
            Self::Blocked { .. } => {
                vec![Hint::new("look at the release with `helm history` and decide what it should be")]
            }
        }
    }
}
