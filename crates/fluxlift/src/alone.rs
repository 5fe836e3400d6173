//! Commands that change a cluster and are no run of units, one at a time: a rescue, a restore.
//!
//! Runs of units are kept apart by the lock of their state and by the Lease on the cluster. These have no state; they have a
//! lock of their own on this machine, so that one that was killed is gone on with at once, and the same Lease, which is seen
//! from everywhere.

use fluxlift_engine::lock::{Lock, LockError};
use fluxlift_gate::GateContext;
use fluxlift_kube::{Claim, Class, Cluster};

use crate::standalone::home;
use crate::system::System;
use crate::ui::Failure;

/// Does `work` of `command` while no other run is at work on the cluster. Interrupting `cx` ends the wait for that.
///
/// # Errors
/// When another one is, with who and since when; when the Lease can't be written; and as `work` fails.
pub async fn alone<T>(
    cx: &GateContext,
    cluster: &Cluster,
    system: &System,
    command: &str,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let owner = system.owner(command);
    let holder = owner.to_string();
    let lock = lock(cluster, system, command).await?;
    let key = lock.as_ref().map_or_else(String::new, |lock| lock.claimant().folder.clone());
    cluster.reserved(cx, &Claim { holder, key }, work).await
}

/// The lock on this machine; `None` where there can be none: the Lease is enough to keep others away, it only takes longer
/// to tell that its owner is dead.
async fn lock(cluster: &Cluster, system: &System, command: &str) -> Result<Option<Lock>, Failure> {
    let uid = match cluster.identity().await {
        Ok(uid) => uid,
        Err(error) if error.class() == Class::Forbidden => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let Ok(home) = home::of_repairs(&uid, system) else { return Ok(None) };
    match Lock::acquire(&home, system.owner(command), 0) {
        Ok(acquired) => Ok(Some(acquired.lock)),
        // What another machine left in a shared home says nothing about who is at work: the Lease does.
        Err(LockError::Held { elsewhere: true, .. } | LockError::Io { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
