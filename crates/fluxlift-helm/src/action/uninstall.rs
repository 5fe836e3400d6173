//! Removing a release.

use fluxlift_core::{Namespace, ReleaseName};

use super::owner::{Owner, owner_of};
use super::{Action, ActionError};
use crate::manifest::ObjectId;
use crate::release::Status;

/// What became of a release's objects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Uninstalled {
    /// Deleted. Finalizers may still hold some of them.
    pub deleted: Vec<ObjectId>,
    /// Left, because the chart says so.
    pub kept: Vec<ObjectId>,
    /// Left, because they belong to somebody else now.
    pub foreign: Vec<String>,
}

impl Action<'_> {
    /// Removes a release: its objects, last things first, then its records. Nothing stored is nothing to do.
    ///
    /// A removal that stops half-way is gone on with by calling it again.
    ///
    /// # Errors
    /// When the history cannot be read or an object not deleted.
    pub async fn uninstall(&self, name: &ReleaseName, namespace: &Namespace) -> Result<Uninstalled, ActionError> {
        let release = format!("{namespace}/{name}");
        let owner = Owner { name: name.as_str(), namespace: namespace.as_str() };
        let history = self.history(name.as_str(), namespace.as_str()).await?;
        let mut result = Uninstalled::default();
        if let Some(last) = history.iter().next_back()
            && !matches!(last.release.status(), Status::Uninstalling | Status::Uninstalled)
        {
            self.mark(last, Status::Uninstalling, "Deletion in progress (or silently failed)").await?;
        }
        for object in self.objects_of(release.clone(), history.present())? {
            let (id, live) = self.look(release.clone(), owner.namespace, &object).await?;
            match live {
                None => {}
                Some(_) if object.is_kept() => result.kept.push(id),
                Some(live) if !owner.owns(&live) => result.foreign.push(format!("{id} ({})", owner_of(&live))),
                Some(live) => {
                    let uid = live["metadata"]["uid"].as_str().unwrap_or_default();
                    let deleted = self.cluster.delete(&id, uid).await;
                    let doing = format!("deleting {id}");
                    deleted.map_err(|source| ActionError::Cluster { release: release.clone(), doing, source })?;
                    self.events.step("deleted", id.to_string());
                    result.deleted.push(id);
                }
            }
        }
        // The record with the manifest goes last: until then the removal can be gone on with.
        let history = self.history(name.as_str(), namespace.as_str()).await?;
        for stored in history.iter() {
            self.forget(stored).await?;
        }
        Ok(result)
    }
}
