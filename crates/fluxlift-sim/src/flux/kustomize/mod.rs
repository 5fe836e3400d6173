//! kustomize-controller: a folder of a source becomes objects, and what leaves the folder leaves the cluster.

pub mod build;
pub mod deliver;
pub mod depend;
pub mod finalize;
pub mod prepare;
pub mod substitute;

pub use deliver::go_on;
pub use prepare::reconcile;

use fluxlift_core::Timestamp;
use serde::{Deserialize, Serialize};

use crate::kube::Key;

/// Where a worker of kustomize-controller is with a Kustomization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Step {
    /// Downloading the artifact.
    Download {
        /// Its address.
        url: String,
        /// Its revision.
        revision: String,
        /// How many tries failed.
        tries: u32,
        /// When the pass began.
        began: Timestamp,
    },
    /// The first stage is applied and not yet all there.
    FirstStage {
        /// The artifact's address.
        url: String,
        /// Its revision.
        revision: String,
        /// When the pass began.
        began: Timestamp,
        /// Until when to wait.
        until: Timestamp,
    },
    /// Everything is applied; waiting for its health.
    Health {
        /// The artifact's revision.
        revision: String,
        /// The digest of what was built.
        digest: String,
        /// What to wait for.
        objects: Vec<Key>,
        /// When the pass began.
        began: Timestamp,
        /// When the waiting began.
        since: Timestamp,
        /// Until when to wait.
        until: Timestamp,
    },
}
