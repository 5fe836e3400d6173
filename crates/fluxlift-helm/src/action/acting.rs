//! What acts on a release.

use std::sync::Arc;

use fluxlift_core::{Clock, Emitter};

use super::ReleaseCluster;

/// What acts: a cluster, a clock, and somewhere to tell what was done.
pub struct Action<'a> {
    pub(super) cluster: &'a dyn ReleaseCluster,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) events: Emitter,
}

impl<'a> Action<'a> {
    /// Actions on `cluster`.
    pub fn new(cluster: &'a dyn ReleaseCluster, clock: Arc<dyn Clock>, events: Emitter) -> Self {
        Self { cluster, clock, events }
    }
}

impl std::fmt::Debug for Action<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Action")
    }
}
