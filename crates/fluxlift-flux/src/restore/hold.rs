//! Holding backups still, and letting them go.

use fluxlift_core::{ErrorKind, Explain};
use fluxlift_kube::{Class, ObjectRef};

use super::case::Backup;
use super::run::Restore;
use super::{RestoreError, mark};

/// How often an object is written anew because somebody else wrote it in between.
pub(super) const TRIES: usize = 5;

impl Restore<'_> {
    /// Holds `backup` for these destinations, and proves that it stands still. `why` says how their restore stands. False
    /// when this run did not have to.
    pub(super) async fn hold(&self, backup: &Backup, destinations: &[String], why: &str) -> Result<bool, RestoreError> {
        let newly = self.pause(&backup.target, destinations, why).await?;
        match self.provider.prove_still(self.round, backup).await {
            Ok(()) => Ok(newly),
            Err(error) => {
                // Nothing depends on it yet: it is left as it was found.
                if newly && error.kind() == ErrorKind::NotProven {
                    self.free(&backup.target).await?;
                }
                Err(error)
            }
        }
    }

    /// Pauses it, with the label that says by whom and why. False when it was paused already.
    pub(super) async fn pause(
        &self,
        target: &ObjectRef,
        destinations: &[String],
        why: &str,
    ) -> Result<bool, RestoreError> {
        let (round, field) = (self.round, self.provider.pause(&target.kind));
        for _ in 0..TRIES {
            let current = round.cluster.must_get(target).await?;
            if current.flag(field) {
                return Ok(false);
            }
            let patch = mark::hold((&current, field), (&round.run, &round.who), destinations, why);
            match round.cluster.merge(target, &patch).await {
                Ok(_) => {
                    round.cx.events.step("held", format!("{target} until {} is proven", destinations.join(" and ")));
                    return Ok(true);
                }
                Err(error) if error.class() == Class::Conflict => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(RestoreError::Contended { target: target.to_string(), act: "held" })
    }

    /// Lets a backup go, if a restore holds it: it is then what it was before. False when none does.
    pub(super) async fn free(&self, target: &ObjectRef) -> Result<bool, RestoreError> {
        let (round, field) = (self.round, self.provider.pause(&target.kind));
        for _ in 0..TRIES {
            let Some(current) = round.cluster.get(target).await?.filter(mark::is_held) else { return Ok(false) };
            match round.cluster.merge(target, &mark::release(&current, field)).await {
                Ok(_) => {
                    round.cx.events.step("released", target.to_string());
                    return Ok(true);
                }
                Err(error) if error.class() == Class::Conflict => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(RestoreError::Contended { target: target.to_string(), act: "released" })
    }
}
