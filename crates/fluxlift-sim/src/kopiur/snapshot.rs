//! Snapshots: each backs up, once, whatever is in the claim of its policy, an empty volume too.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Step, catalog, policy};
use crate::controllers::object::{is_deleting, text};
use crate::controllers::{Outcome, Pass, Passed, Step as PassStep};
use crate::volsync::repository::handle;

/// How often one whose claim is not bound yet is looked at.
const LOOK: SignedDuration = SignedDuration::from_secs(2);

/// Makes a pass over a Snapshot.
pub fn reconcile(pass: &mut Pass<'_>) -> Passed {
    let Some(object) = pass.object().filter(|object| !is_deleting(object)) else { return Ok(Outcome::Done) };
    if !matches!(text(&object, "/status/phase"), "" | "Pending" | "Running") {
        return Ok(Outcome::Done);
    }
    let (phase, next) = match source(pass, &object) {
        Some(_) => ("Running", Outcome::Busy(pass.world.volsync.moving, PassStep::Kopiur(Step::BackedUp))),
        None => ("Pending", Outcome::After(LOOK)),
    };
    pass.status(|status| status["phase"] = json!(phase))?;
    Ok(next)
}

/// Ends a backup.
pub fn go_on(pass: &mut Pass<'_>) -> Passed {
    let Some(object) = pass.object().filter(|object| !is_deleting(object)) else { return Ok(Outcome::Done) };
    let Some(Source { place, identity, volume }) = source(pass, &object) else { return Ok(Outcome::After(LOOK)) };
    let bytes = pass.world.volsync.volumes.get(&volume).copied().unwrap_or_default();
    pass.world.volsync.back_up(&place, &identity, bytes);
    let id = catalog::newest(pass.world, &place, &identity);
    pass.status(|status| {
        status["phase"] = json!("Succeeded");
        status["snapshot"] = json!({"kopiaSnapshotID": id});
        status["stats"] = json!({"sizeBytes": bytes});
    })?;
    Ok(Outcome::Done)
}

/// What is backed up, to where, and under whose name.
struct Source {
    place: String,
    identity: String,
    volume: String,
}

/// `None` while the policy or its claim's volume is not there.
fn source(pass: &Pass<'_>, object: &Value) -> Option<Source> {
    let policy = policy::named(pass, &object["spec"]["policyRef"], text(object, "/metadata/namespace"))?;
    let volume = handle(pass, text(&policy, "/metadata/namespace"), policy::claim(&policy)?)?;
    Some(Source { place: policy::place(&policy).to_owned(), identity: policy::identity(&policy), volume })
}
