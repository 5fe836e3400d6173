//! Taking back what a failed attempt created.

use super::Action;
use super::owner::Owner;
use crate::manifest::{Object, ObjectId};

/// An object that was applied.
#[derive(Debug, Clone)]
pub(super) struct Applied<'a> {
    /// The object, as rendered.
    pub(super) object: &'a Object,
    /// Under which name.
    pub(super) id: ObjectId,
    /// Whether this release's attempts created it: it was not there before any of them.
    pub(super) created: bool,
}

impl Action<'_> {
    /// Removes what was created, last things first. What is to be kept stays, and so does what is no longer ours.
    /// Gives what could not be removed, in words.
    pub(super) async fn take_back(&self, owner: Owner<'_>, applied: &[Applied<'_>]) -> Option<String> {
        let mut left = Vec::new();
        let created = applied.iter().rev().filter(|a| a.created && !a.object.is_kept() && !a.object.is_definition());
        for Applied { id, .. } in created {
            match self.remove_owned(owner, id).await {
                Ok(true) => self.events.step("removed", id.to_string()),
                Ok(false) => {}
                Err(_) => left.push(id.to_string()),
            }
        }
        (!left.is_empty()).then(|| format!("still there: {}", left.join(", ")))
    }

    /// Deletes an object if it is there and the release's.
    pub(super) async fn remove_owned(&self, owner: Owner<'_>, id: &ObjectId) -> Result<bool, super::ClusterError> {
        match self.cluster.get(id).await? {
            Some(live) if owner.owns(&live) => {
                let uid = live["metadata"]["uid"].as_str().unwrap_or_default();
                self.cluster.delete(id, uid).await
            }
            _ => Ok(false),
        }
    }
}
