//! Gates of something that is not there: no object proves them, and so all of etcd has to.

use super::Breach;
use super::breach::ensure;
use super::canaries::is_canary;
use crate::history::{Happening, History};
use crate::ledger::Claim;

/// What the claim calls gone was there once, and at some revision of this window it was not.
///
/// # Errors
/// Names what was there all the time, or never.
pub(super) fn was_absent(history: &History, claim: &Claim, (from, to): (u64, u64)) -> Result<(), Breach> {
    let title = claim.gate.strip_suffix(" gone");
    let is_it = |seen: &Happening| title.map_or_else(|| is_canary(seen), |title| is_called(&seen.key, title));
    let first = history.of("").find(|seen| seen.created && is_it(seen));
    let first = first.ok_or_else(|| Breach(format!("{:?} was called proven of what never was", claim.gate)))?;
    let from = from.max(first.revision);
    let mut there = None;
    let gone = history.ever((from, to), |scene| {
        there = scene.values().find(|seen| is_it(seen)).map(|seen| seen.key.clone());
        there.is_none()
    });
    ensure(gone, || format!("{:?} was called proven, and {there:?} was there from revision {from} to {to}", claim.gate))
}

/// Whether etcd keeps what fluxlift calls `kind/namespace/name` under this key, `<group>/<plural>/<namespace>/<name>`.
fn is_called(key: &str, title: &str) -> bool {
    let Some((kind, name)) = title.split_once('/') else { return false };
    key.strip_suffix(name)
        .and_then(|rest| rest.strip_suffix('/'))
        .and_then(|rest| rest.rsplit('/').next())
        .is_some_and(|plural| plural.strip_suffix('s') == Some(kind))
}
