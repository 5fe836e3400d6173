//! Holding backups still, and letting them go.

use fluxlift_core::{ErrorKind, Explain};
use fluxlift_kube::{Class, Object, ObjectRef};

use super::super::{RestoreError, Round};
use super::gates::SourceHeld;
use super::kinds::SOURCE;
use super::mark;

/// How often an object is written anew because somebody else wrote it in between.
pub(super) const TRIES: usize = 5;

/// Holds `backup` for these destinations, and proves that it stands still. False when this run did not have to.
pub(super) async fn hold(
    round: &Round,
    backup: &Object,
    destinations: &[String],
    why: &str,
) -> Result<bool, RestoreError> {
    let target = backup.reference(&SOURCE);
    let newly = pause(round, &target, destinations, why).await?;
    let gate = SourceHeld::of(backup);
    let held = round.cx.prove(&gate, round.limits.needs, round.cluster.observe_one(target.clone())).await;
    match held.map_err(RestoreError::from) {
        Ok(_) => Ok(newly),
        Err(error) => {
            // Nothing depends on it yet: it is left as it was found.
            if newly && error.kind() == ErrorKind::NotProven {
                release(round, &target).await?;
            }
            Err(error)
        }
    }
}

/// Pauses it, with the label that says by whom and why. False when it was paused already.
pub(super) async fn pause(
    round: &Round,
    target: &ObjectRef,
    destinations: &[String],
    why: &str,
) -> Result<bool, RestoreError> {
    for _ in 0..TRIES {
        let current = round.cluster.must_get(target).await?;
        if current.flag("/spec/paused") {
            return Ok(false);
        }
        let patch = mark::hold(&current, (&round.run, &round.who), destinations, why);
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
pub(super) async fn release(round: &Round, target: &ObjectRef) -> Result<bool, RestoreError> {
    for _ in 0..TRIES {
        let Some(current) = round.cluster.get(target).await?.filter(mark::is_held) else { return Ok(false) };
        match round.cluster.merge(target, &mark::release(&current)).await {
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
