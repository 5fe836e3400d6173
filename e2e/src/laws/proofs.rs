//! fluxlift's ledger, held against etcd: a gate that it calls proven must hold of the very object, at the very revision.

use super::Breach;
use super::absence::was_absent;
use super::breach::ensure;
use super::delivered::is_delivered;
use super::leadership::leads;
use super::report::is_of_this_operator;
use super::window::window;
use crate::conditions::{holds, is_of_an_absence};
use crate::history::{Happening, History, Scene};
use crate::ledger::Claim;

/// Where the instances are.
const INSTANCES: &str = "fluxcd.controlplane.io/fluxinstances/";
/// Where the Git sources are.
const SOURCES: &str = "source.toolkit.fluxcd.io/gitrepositories/";

/// Every gate that was called proven was.
///
/// # Errors
/// Names the gate, the object and what it was like.
pub fn every_proof_holds_of_the_object_as_it_was(history: &History, claims: &[Claim]) -> Result<(), Breach> {
    ensure(claims.iter().any(Claim::is_proven), || "nothing was ever called proven".to_owned())?;
    for (position, claim) in claims.iter().enumerate().filter(|(_, claim)| claim.is_proven()) {
        if is_of_an_absence(&claim.gate) {
            was_absent(history, claim, window(history, claims, position))?;
            continue;
        }
        let seen = seen(history, claim)?;
        let object = seen.object.as_ref().ok_or_else(|| Breach(format!("{} was deleted when proven", seen.key)))?;
        let holds = holds(&claim.gate, object)
            .ok_or_else(|| Breach(format!("no law says what {:?} must have seen", claim.gate)))?;
        ensure(holds, || {
            let status = &object["status"];
            format!("{:?} was called proven, but at revision {} {} had {status}", claim.gate, seen.revision, seen.key)
        })?;
        of_the_others(history, claims, position, seen)?;
    }
    Ok(())
}

/// What the gate must have seen of other objects than the one of its evidence.
fn of_the_others(history: &History, claims: &[Claim], position: usize, seen: &Happening) -> Result<(), Breach> {
    let claim = &claims[position];
    let was = |so: &dyn Fn(&Scene<'_>) -> Result<(), Breach>| {
        let window = window(history, claims, position);
        let mut last = None;
        let so = history.ever(window, |scene| so(scene).map_err(|Breach(why)| last = Some(why)).is_ok());
        let (from, to) = window;
        let why = move || last.unwrap_or_default();
        ensure(so, || format!("{:?} was called proven, but from revision {from} to {to}: {}", claim.gate, why()))
    };
    if let Some(answerer) = answerer(&claim.gate) {
        leads(&history.at(seen.revision), answerer)
            .map_err(|Breach(why)| Breach(format!("{:?} proves nothing: {why}", claim.gate)))
    } else if let Some(led) = claim.gate.strip_prefix("leader of ").and_then(|gate| gate.split(' ').next()) {
        was(&|scene| leads(scene, led))
    } else if claim.gate == "delivered set ready" {
        was(&|scene| is_delivered(scene, &seen.key))
    } else if claim.gate.starts_with("kustomization/") && claim.gate.ends_with(" ready") {
        was(&|scene| follows(scene, seen))
    } else if claim.gate.starts_with("gitrepository/") {
        was(&|scene| is_asked_for(scene, seen))
    } else if claim.gate.starts_with("fluxreport/") {
        is_of_this_operator(history, seen, &claims[..position])
    } else {
        Ok(())
    }
}

/// The Deployment that must have answered: that of a canary, or of a path's beginning.
fn answerer(gate: &str) -> Option<&str> {
    let asked = gate.strip_prefix("canary ").or_else(|| gate.strip_prefix("path "));
    asked.and_then(|gate| gate.split(' ').next())
}

/// The source of its name has what the root has applied.
fn follows(scene: &Scene<'_>, root: &Happening) -> Result<(), Breach> {
    let name = root.key.split_once("kustomizations/").map_or("", |(_, name)| name);
    let has =
        scene.get(format!("{SOURCES}{name}").as_str()).and_then(|source| source.text("/status/artifact/revision"));
    let applied = root.text("/status/lastAppliedRevision");
    ensure(has.is_some() && has == applied, || {
        format!("{} has applied {applied:?} and its source has {has:?}", root.key)
    })
}

/// The instance asks for the very address that the source follows.
fn is_asked_for(scene: &Scene<'_>, source: &Happening) -> Result<(), Breach> {
    let mut instances = scene.values().filter(|seen| seen.key.starts_with(INSTANCES));
    let follows = source.text("/spec/url");
    let asked = instances.next().and_then(|instance| instance.text("/spec/sync/url"));
    ensure(asked.is_some() && asked == follows, || {
        format!("{} follows {follows:?}, and the instance asks for {asked:?}", source.key)
    })
}

/// The object of a claim, as it was.
pub(super) fn seen<'a>(history: &'a History, claim: &Claim) -> Result<&'a Happening, Breach> {
    let (Some(uid), Some(revision)) = (&claim.uid, claim.revision) else {
        return Err(Breach(format!("{:?} names no object and no revision", claim.gate)));
    };
    history
        .of("")
        .find(|seen| seen.revision == revision && seen.text("/metadata/uid") == Some(uid.as_str()))
        .ok_or_else(|| {
            Breach(format!("{:?} names {} at revision {revision}, which never was", claim.gate, claim.object))
        })
}
