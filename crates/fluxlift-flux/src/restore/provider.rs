//! What a way of restoring has to know.

use async_trait::async_trait;
use fluxlift_kube::{Cluster, Kind, ObjectRef};

use super::case::{Backup, Case, Survey};
use super::{RestoreError, Round};

/// A way of restoring.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Where a backup of this kind says that it is to stand still, as a JSON pointer.
    fn pause(&self, kind: &Kind) -> &'static str;

    /// What there is to restore: in `namespace` if that is asked for, and elsewhere as far as it may be seen.
    ///
    /// # Errors
    /// When the cluster refuses or does not answer, or the provider is not installed.
    async fn survey(&self, cluster: &Cluster, namespace: Option<&str>) -> Result<Survey, RestoreError>;

    /// The same in passing: what waits and what must be held, without what only a restore needs to know.
    ///
    /// # Errors
    /// As [`Provider::survey`].
    async fn glance(&self, cluster: &Cluster, namespace: Option<&str>) -> Result<Survey, RestoreError> {
        self.survey(cluster, namespace).await
    }

    /// Proves that whoever is to do these restores works, by something harmless.
    ///
    /// # Errors
    /// When it is not proven.
    async fn prove_live(&self, round: &Round, cases: &[&Case]) -> Result<(), RestoreError>;

    /// Proves that a backup that was told to stand still does.
    ///
    /// # Errors
    /// When it goes on.
    async fn prove_still(&self, round: &Round, backup: &Backup) -> Result<(), RestoreError>;

    /// Takes the marks of a run off a destination, wherever that run came to. False when there are none.
    ///
    /// # Errors
    /// When the cluster refuses or does not answer.
    async fn forget(&self, round: &Round, destination: &ObjectRef) -> Result<bool, RestoreError>;

    /// Makes sure that a restore can work, and changes nothing.
    ///
    /// # Errors
    /// When something that it needs is not proven.
    async fn prepare(&self, round: &Round, case: &Case) -> Result<(), RestoreError>;

    /// Restores, from the trigger to the bound claims. The words say what was restored, for people.
    ///
    /// # Errors
    /// When a step is not proven.
    async fn restore(&self, round: &Round, case: &Case) -> Result<String, RestoreError>;
}
