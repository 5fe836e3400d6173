//! fluxlift's ledger, held against etcd: a gate that it calls proven must hold of the very object, at the very revision.

use super::Breach;
use super::breach::ensure;
use crate::conditions::{holds, is_of_an_absence};
use crate::history::{Happening, History};
use crate::ledger::Claim;

/// Every gate that was called proven was.
///
/// # Errors
/// Names the gate, the object and what it was like.
pub fn every_proof_holds_of_the_object_as_it_was(history: &History, claims: &[Claim]) -> Result<(), Breach> {
    ensure(claims.iter().any(Claim::is_proven), || "nothing was ever called proven".to_owned())?;
    for (position, claim) in claims.iter().enumerate() {
        if !claim.is_proven() || is_of_an_absence(&claim.gate) {
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
        if claim.gate.starts_with("fluxreport/") {
            is_of_this_operator(history, seen, &claims[..position])?;
        }
    }
    Ok(())
}

/// A report counts when it was written after the operator that was rolled out before it began to exist.
fn is_of_this_operator(history: &History, report: &Happening, before: &[Claim]) -> Result<(), Breach> {
    let rollout = before.iter().rev().find(|claim| claim.is_proven() && claim.gate.starts_with("deployment/"));
    let rollout = rollout.ok_or_else(|| Breach(format!("{} was proven before any rollout", report.key)))?;
    let rolled_out = seen(history, rollout)?;
    let generation = |seen: &Happening| seen.object.as_ref().map(|object| object["metadata"]["generation"].clone());
    let of_it = |seen: &&Happening| {
        seen.text("/metadata/uid") == rollout.uid.as_deref() && generation(seen) == generation(rolled_out)
    };
    let specified = history.of(&rolled_out.key).find(of_it).map_or(0, |first| first.revision);
    ensure(report.revision > specified, || {
        format!(
            "{} of revision {} proves nothing: the operator was specified at revision {specified}",
            report.key, report.revision
        )
    })
}

/// The object of a claim, as it was.
fn seen<'a>(history: &'a History, claim: &Claim) -> Result<&'a Happening, Breach> {
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
