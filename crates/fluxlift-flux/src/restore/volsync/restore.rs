//! The provider: VolSync's steps in their order.

use async_trait::async_trait;
use fluxlift_core::Timestamp;
use fluxlift_gate::ObserveError;
use fluxlift_kube::{Cluster, Kind, Object, ObjectRef, Query};

use super::gates::{
    ClaimSight, ClaimWritten, ClaimsBound, ClassesExist, DataRestored, ImageReady, RepositoryReachable, SameImage,
    SecretPresent, SourceHeld, Synced,
};
use super::kinds::{PAUSED, SNAPSHOT_CLASS, STORAGE_CLASS};
use super::survey::Look;
use super::trigger::{AtRest, clear, trigger, written_at};
use super::{CopyMethod, Destination, Reading, Store, addresses, canary, images, mark, survey};
use crate::restore::kinds::{CLAIM, VOLUME};
use crate::restore::{Action, Backup, Case, Provider, RestoreError, Round, Survey};

/// How often a claim and its volume are looked at together.
const LOOK: std::time::Duration = std::time::Duration::from_secs(2);

/// VolSync's Kopia fork.
#[derive(Debug, Clone, Copy, Default)]
pub struct VolSync;

#[async_trait]
impl Provider for VolSync {
    fn pause(&self, _: &Kind) -> &'static str {
        PAUSED
    }

    async fn survey(&self, cluster: &Cluster, namespace: Option<&str>) -> Result<Survey, RestoreError> {
        survey::survey(cluster, namespace, Look::Closely).await
    }

    async fn glance(&self, cluster: &Cluster, namespace: Option<&str>) -> Result<Survey, RestoreError> {
        survey::survey(cluster, namespace, Look::InPassing).await
    }

    async fn prove_live(&self, round: &Round, cases: &[&Case]) -> Result<(), RestoreError> {
        match cases.first() {
            Some(first) => canary::prove(round, first.namespace()).await,
            None => Ok(()),
        }
    }

    async fn prove_still(&self, round: &Round, backup: &Backup) -> Result<(), RestoreError> {
        let seen = round.cluster.observe_one(backup.target.clone());
        round.cx.prove(&SourceHeld::of(&backup.object), round.limits.needs, seen).await?;
        Ok(())
    }

    async fn forget(&self, round: &Round, destination: &ObjectRef) -> Result<bool, RestoreError> {
        clear(round, destination, &[]).await
    }

    async fn prepare(&self, round: &Round, case: &Case) -> Result<(), RestoreError> {
        let Some(destination) = Destination::of(&case.object) else { return Ok(()) };
        let (cx, cluster, needs) = (&round.cx, &round.cluster, round.limits.needs);
        let secret = cluster.observe_one(addresses::secret(&destination));
        cx.prove(&SecretPresent::of(&destination), needs, secret).await?;
        let gate = RepositoryReachable::of(&destination, &case.place);
        let sights = fluxlift_gate::every(LOOK, || async {
            match &destination.store {
                Store::Claim(name) => sight(cluster, &destination, name).await,
                Store::Nfs { .. } | Store::Remote => Ok((None, None)),
            }
        });
        cx.prove(&gate, needs, sights).await?;
        let mut classes = vec![Query::all(STORAGE_CLASS)];
        if destination.copy == CopyMethod::Snapshot {
            classes.push(Query::all(SNAPSHOT_CLASS));
        }
        cx.prove(&ClassesExist::of(destination), needs, cluster.observe_all(classes)).await?;
        Ok(())
    }

    async fn restore(&self, round: &Round, case: &Case) -> Result<String, RestoreError> {
        let Some(destination) = Destination::of(&case.object) else { return Ok(String::new()) };
        let object = match case.action {
            Action::Restore => match trigger(round, &case.target, &case.object).await? {
                AtRest::Restored(object) | AtRest::Triggered(object) => object,
            },
            _ => case.object.clone(),
        };
        let proven = prove(round, case, &destination, &object).await;
        // Marks stay where the next run can go on: after an interruption, or while VolSync is still at work.
        if proven.as_ref().err().is_none_or(RestoreError::is_stuck) && mark::tag(&object).is_some() {
            // One that restores into a claim of its own fills no others.
            let fills = proven.is_ok() && destination.copy == CopyMethod::Snapshot;
            let filled: Vec<Object> = if fills { unproven(case).cloned().collect() } else { Vec::new() };
            // What came of the restore counts, whatever becomes of the marks: the next run finds them.
            if let Err(error) = clear(round, &case.target, &filled).await {
                let why = fluxlift_core::chain(&error);
                round.cx.events.warn(format!("{} keeps the marks of this restore: {why}", case.target));
            }
        }
        proven
    }
}

/// Proves what came of the restore of `object`: by our tag if it carries one, else by its own trigger.
async fn prove(round: &Round, case: &Case, destination: &Destination, object: &Object) -> Result<String, RestoreError> {
    let (cx, cluster, limit) = (&round.cx, &round.cluster, round.limits.restore);
    let watch = || cluster.observe_one(case.target.clone());
    if let Some(tag) = mark::tag(object) {
        let triggered = written_at(object).unwrap_or_else(|| whole_second(cx.clock.now()));
        cx.prove(&Synced::of(object, tag, triggered), limit, watch()).await?;
    }
    let before = mark::image_before(object);
    let gate = DataRestored::of(object, &destination.copy, before);
    let seen = cx.prove(&gate, limit, watch()).await?;
    let reading = seen.as_ref().map(Reading);
    let image = reading.and_then(Reading::image).unwrap_or_default().to_owned();
    let ended = reading.and_then(Reading::ended);
    if let CopyMethod::Direct(claim) = &destination.copy {
        let gate = ClaimWritten::of(destination, claim, ended.unwrap_or(Timestamp::MIN));
        cx.prove(&gate, limit, fluxlift_gate::every(LOOK, || sight(cluster, destination, claim))).await?;
        return Ok(format!("{} into claim {claim}", destination.identity));
    }
    let target = images::image(destination, &image);
    cx.prove(&ImageReady::of(object, &image), limit, cluster.observe_one(target)).await?;
    // One that is bound by now may have been filled from the image of before: it is judged like one that waits.
    let waited: Vec<Object> = unproven(case).cloned().collect();
    if waited.is_empty() {
        return Ok(format!("{} into image {image}, which no claim waits for yet", destination.identity));
    }
    let seen = cluster.observe_all([Query::all(CLAIM).within(&destination.namespace), Query::all(VOLUME)]);
    cx.prove(&ClaimsBound::of(&case.path(), ended.unwrap_or(Timestamp::MAX), &waited), limit, seen).await?;
    cx.prove(&SameImage::of(object, &image), limit, watch()).await?;
    let names: Vec<&str> = waited.iter().map(Object::name).collect();
    Ok(format!("{} into claim {}", destination.identity, names.join(" and ")))
}

/// The claims that no restore before was proven to have filled.
fn unproven(case: &Case) -> impl Iterator<Item = &Object> {
    case.claims.iter().filter(|claim| !mark::has_filled(&case.object, claim))
}

/// The API keeps whole seconds: a start in the second of the trigger is not before it.
fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// The claim `name` beside `destination`, and the volume that it is bound to.
async fn sight(cluster: &Cluster, destination: &Destination, name: &str) -> Result<ClaimSight, ObserveError> {
    let claim = cluster.get(&ObjectRef::namespaced(CLAIM, &destination.namespace, name)).await?;
    let volume = match claim.as_ref().and_then(|claim| claim.text("/spec/volumeName")) {
        Some(volume) => cluster.get(&ObjectRef::cluster(VOLUME, volume)).await?,
        None => None,
    };
    Ok((claim, volume))
}
