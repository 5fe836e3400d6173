//! Canaries first, then the sync; and the same again after a change. An answer counts only when whoever leads now gave it.

use super::Breach;
use super::breach::ensure;
use super::canaries::{Answerer, CONTROLLERS, IMAGES, Round, WALKERS, is_canary};
use super::leadership::leads;
use crate::history::{Happening, History};

/// Everything that a sync brings, by etcd's key.
const SYNCED: [&str; 7] = [
    "source.toolkit.fluxcd.io/gitrepositories/",
    "source.toolkit.fluxcd.io/ocirepositories/",
    "source.toolkit.fluxcd.io/helmrepositories/",
    "source.toolkit.fluxcd.io/helmcharts/",
    "source.toolkit.fluxcd.io/buckets/",
    "kustomize.toolkit.fluxcd.io/kustomizations/",
    "helm.toolkit.fluxcd.io/helmreleases/",
];

/// Where the instances are.
const INSTANCES: &str = "fluxcd.controlplane.io/fluxinstances/";

/// No object of the sync, nor the sync itself, before the very run that adds it has had an answer from every kind of
/// canary, and over every path. What an earlier run was answered counts for nothing.
///
/// # Errors
/// Names what came too early, and whom it did not wait for.
pub fn nothing_is_synced_before_every_canary_answered(history: &History) -> Result<(), Breach> {
    let (first, round) = before_the_sync(history)?;
    answered(&round, &CONTROLLERS, 0, first.revision)?;
    walked(&round, 0, first.revision)
}

/// The same for the canaries of the image controllers.
///
/// # Errors
/// Names what came too early, and whom it did not wait for.
pub fn nothing_is_synced_before_every_canary_of_images_answered(history: &History) -> Result<(), Breach> {
    let (first, round) = before_the_sync(history)?;
    answered(&round, &IMAGES, 0, first.revision)
}

/// After the last change of an instance that has its sync, a run has sent new canaries, and all were answered.
///
/// # Errors
/// Names the change, and who was not asked again.
pub fn the_last_change_was_proven_again(history: &History) -> Result<(), Breach> {
    let changed = last_change(history).ok_or_else(|| Breach("no instance with a sync was ever changed".to_owned()))?;
    let round = Round::last_before(history, u64::MAX).filter(|round| round.began() > Some(changed));
    let round =
        round.ok_or_else(|| Breach(format!("nobody was asked again after the change at revision {changed}")))?;
    answered(&round, &CONTROLLERS, changed, u64::MAX)?;
    walked(&round, changed, u64::MAX)
}

/// An instance that follows a repository follows it until it is deleted.
///
/// # Errors
/// Says when the sync was taken away.
pub fn the_sync_was_never_taken_away(history: &History) -> Result<(), Breach> {
    let mut synced = false;
    for seen in history.of(INSTANCES).filter(|seen| seen.object.is_some()) {
        ensure(is_synced(seen) || !synced, || format!("the sync was taken away at revision {}", seen.revision))?;
        synced = is_synced(seen);
    }
    ensure(synced, || "nothing was ever synced".to_owned())
}

/// The first thing that only a sync brings: the field itself, or an object that is no canary.
pub fn first_synced(history: &History) -> Option<&Happening> {
    let field = history.of(INSTANCES).find(|seen| is_synced(seen));
    let objects = SYNCED.iter().flat_map(|kind| history.of(kind)).filter(|seen| seen.created && !is_canary(seen));
    field.into_iter().chain(objects).min_by_key(|seen| seen.revision)
}

fn before_the_sync(history: &History) -> Result<(&Happening, Round<'_>), Breach> {
    let first = first_synced(history).ok_or_else(|| Breach("nothing was ever synced".to_owned()))?;
    let round = Round::last_before(history, first.revision)
        .ok_or_else(|| Breach(format!("{} came at revision {}, and no canary before it", first.key, first.revision)))?;
    Ok((first, round))
}

/// Every kind was answered after revision `after` and before revision `before`.
fn answered<'a>(round: &Round<'a>, kinds: &'a [Answerer], after: u64, before: u64) -> Result<(), Breach> {
    for (kind, controller) in kinds {
        let said = || format!("run {}: the canary below {kind}, asked of {controller},", round.word());
        let at = within(round.answered(kind), (after, before), || format!("{} was not answered", said()))?;
        by_the_leader(round, controller, at)?;
    }
    Ok(())
}

fn walked(round: &Round<'_>, after: u64, before: u64) -> Result<(), Breach> {
    for (kind, controller) in &WALKERS {
        let said = || format!("run {}: {controller} did not reach source-controller", round.word());
        let at = within(round.walked(kind), (after, before), said)?;
        by_the_leader(round, controller, at)?;
    }
    Ok(())
}

fn within(at: Option<u64>, (after, before): (u64, u64), said: impl Fn() -> String) -> Result<u64, Breach> {
    let at = at.ok_or_else(|| Breach(format!("{} at all", said())))?;
    ensure(after < at && at < before, || {
        format!("{} in time: at revision {at}, not between {after} and {before}", said())
    })?;
    Ok(at)
}

/// What was written at a revision was written by a controller's present leader.
fn by_the_leader(round: &Round<'_>, controller: &str, at: u64) -> Result<(), Breach> {
    let said = |Breach(why)| format!("run {}: the answer at revision {at} proves nothing: {why}", round.word());
    leads(&round.history().at(at), controller).map_err(|breach| Breach(said(breach)))
}

/// The last revision at which the specification of an instance with a sync changed, and the sync was there before.
fn last_change(history: &History) -> Option<u64> {
    let mut before: Option<&Happening> = None;
    let mut last = None;
    for seen in history.of(INSTANCES) {
        let same = |before: &Happening| generation(before) == generation(seen);
        if is_synced(seen) && before.is_some_and(|before| is_synced(before) && !same(before)) {
            last = Some(seen.revision);
        }
        before = Some(seen);
    }
    last
}

fn generation(seen: &Happening) -> Option<u64> {
    seen.object.as_ref()?["metadata"]["generation"].as_u64()
}

fn is_synced(seen: &Happening) -> bool {
    seen.object.as_ref().is_some_and(|instance| instance.pointer("/spec/sync").is_some())
}
