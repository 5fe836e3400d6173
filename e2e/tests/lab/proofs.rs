//! fluxlift's ledger, held against etcd: a gate that it calls proven must hold of the very object, at the very revision.

use fluxlift_e2e::conditions::{holds, is_of_an_absence};
use fluxlift_e2e::history::{Happening, History};
use fluxlift_e2e::ledger::Claim;

use crate::bench::{Broken, Verdict, ensure};

/// Every gate that was called proven was.
pub(crate) fn every_proof_holds_of_the_object_as_it_was(history: &History, claims: &[Claim]) -> Verdict {
    ensure(claims.iter().any(Claim::is_proven), || "nothing was ever called proven".to_owned())?;
    for claim in claims.iter().filter(|claim| claim.is_proven()) {
        if is_of_an_absence(&claim.gate) {
            continue;
        }
        let seen = seen(history, claim)?;
        let object = seen.object.as_ref().ok_or_else(|| Broken(format!("{} was deleted when proven", seen.key)))?;
        let holds = holds(&claim.gate, object)
            .ok_or_else(|| Broken(format!("no law says what {:?} must have seen", claim.gate)))?;
        ensure(holds, || {
            let status = &object["status"];
            format!("{:?} was called proven, but at revision {} {} had {status}", claim.gate, seen.revision, seen.key)
        })?;
    }
    Ok(())
}

/// The object of a claim, as it was.
fn seen<'a>(history: &'a History, claim: &Claim) -> Result<&'a Happening, Broken> {
    let (Some(uid), Some(revision)) = (&claim.uid, claim.revision) else {
        return Err(Broken(format!("{:?} names no object and no revision", claim.gate)));
    };
    history
        .of("")
        .find(|seen| seen.revision == revision && seen.text("/metadata/uid") == Some(uid.as_str()))
        .ok_or_else(|| {
            Broken(format!("{:?} names {} at revision {revision}, which never was", claim.gate, claim.object))
        })
}
