//! The provider: it proves what kopiur did, and triggers nothing.

use async_trait::async_trait;
use fluxlift_kube::{Cluster, Collection, Kind, ObjectRef, Query};
use futures::StreamExt as _;

use super::decide::again;
use super::gates::{ClaimsFilled, ScheduleHeld};
use super::kinds::{SNAPSHOT, SUSPENDED};
use super::{survey, weigh};
use crate::restore::kinds::{CLAIM, VOLUME};
use crate::restore::lists::readable;
use crate::restore::{Backup, Case, Provider, RestoreError, Round, Survey};

/// kopiur, from the releases on that say of each claim what became of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Kopiur;

#[async_trait]
impl Provider for Kopiur {
    fn pause(&self, _: &Kind) -> &'static str {
        SUSPENDED
    }

    async fn survey(&self, cluster: &Cluster, namespace: Option<&str>) -> Result<Survey, RestoreError> {
        survey::survey(cluster, namespace).await
    }

    /// Nothing is asked of it, so that there is no need to know beforehand: one that does not work fills no claim.
    async fn prove_live(&self, _: &Round, _: &[&Case]) -> Result<(), RestoreError> {
        Ok(())
    }

    async fn prove_still(&self, round: &Round, backup: &Backup) -> Result<(), RestoreError> {
        let gate = ScheduleHeld::of(&backup.object);
        let snapshots = Query::all(SNAPSHOT).within(gate.snapshots_within());
        let seen = round.cluster.observe_all([backup.target.clone().into(), snapshots]);
        let seen = seen.map(|seen| seen.map(|all| gate.sight(&all)));
        round.cx.prove(&gate, round.limits.needs, seen).await?;
        Ok(())
    }

    /// A run writes nothing on a Restore.
    async fn forget(&self, _: &Round, _: &ObjectRef) -> Result<bool, RestoreError> {
        Ok(false)
    }

    /// What a restore needs kopiur waits for by itself, and says so.
    async fn prepare(&self, _: &Round, _: &Case) -> Result<(), RestoreError> {
        Ok(())
    }

    async fn restore(&self, round: &Round, case: &Case) -> Result<String, RestoreError> {
        let gate = ClaimsFilled::of(&case.object, &case.claims);
        let claims = Query::all(CLAIM).within(case.namespace());
        let seen = round.cluster.observe_all([case.target.clone().into(), claims, Query::all(VOLUME)]);
        let seen: Vec<Collection> = round.cx.prove(&gate, round.limits.restore, seen).await?;
        let snapshots = readable(&round.cluster, SNAPSHOT).await?;
        let mut filled = Vec::new();
        for (claim, id) in gate.filled(&seen) {
            let act = || again(&case.object, &[&claim]);
            let what = weigh(&snapshots, &id).map_err(|why| RestoreError::Refused { why, act: act() })?;
            filled.push(format!("{what} into claim {claim}"));
        }
        Ok(filled.join(" and "))
    }
}
