//! Restores: each claim that names one is filled by it, and what became of all is its own state.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Step, claim};
use crate::controllers::object::{generation, is_deleting, text};
use crate::controllers::{Outcome, Pass, Passed, conditions};
use crate::kube::{GroupResource, Status};

/// How often it is looked for claims.
pub(super) const LOOK: SignedDuration = SignedDuration::from_secs(2);

/// Makes a pass over a Restore.
pub fn reconcile(pass: &mut Pass<'_>) -> Passed {
    let Some(object) = pass.object().filter(|object| !is_deleting(object)) else { return Ok(Outcome::Done) };
    if !object["spec"]["target"]["populator"].is_object() {
        return Ok(Outcome::Done);
    }
    let claims = claims(pass, &object);
    for one in &claims {
        if let Some(busy) = claim::drive(pass, &object, one)? {
            report(pass, &claims)?;
            return Ok(busy);
        }
    }
    report(pass, &claims)?;
    Ok(Outcome::After(LOOK))
}

/// Goes on when a mover has done its work.
pub fn go_on(pass: &mut Pass<'_>, step: &Step) -> Passed {
    let Some(object) = pass.object().filter(|object| !is_deleting(object)) else { return Ok(Outcome::Done) };
    let claims = claims(pass, &object);
    if let Step::Populated(name) = step
        && let Some(one) = claims.iter().find(|claim| text(claim, "/metadata/name") == name)
    {
        claim::hand_over(pass, &object, one)?;
    }
    report(pass, &claims)?;
    Ok(Outcome::After(LOOK))
}

/// The claims that are filled from it.
fn claims(pass: &Pass<'_>, object: &Value) -> Vec<Arc<Value>> {
    let (namespace, name) = (text(object, "/metadata/namespace"), text(object, "/metadata/name"));
    let mut claims = pass.list(&GroupResource::PERSISTENT_VOLUME_CLAIMS, Some(namespace));
    claims.retain(|claim| {
        text(claim, "/spec/dataSourceRef/kind") == "Restore" && text(claim, "/spec/dataSourceRef/name") == name
    });
    claims
}

/// Says what became of all claims together: a Restore is `Completed` when none has anything left to come, whatever it got.
fn report(pass: &mut Pass<'_>, claims: &[Arc<Value>]) -> Result<(), Status> {
    let Some(object) = pass.object() else { return Ok(()) };
    let (now, observed) = (pass.now(), generation(&object));
    let phases: Vec<&str> =
        claims.iter().map(|claim| text(&object["status"]["claims"][text(claim, "/metadata/name")], "/phase")).collect();
    let is = |wanted: &[&str]| phases.iter().any(|phase| wanted.contains(phase));
    let (phase, ready, reason) = if phases.is_empty() {
        ("Pending", "False", "AwaitingPvcDataSourceRef")
    } else if is(&["Failed"]) {
        ("Failed", "False", "ClaimFailed")
    } else if is(&["Populating", "Rebinding"]) {
        ("Restoring", "False", "PopulatingPrimePvc")
    } else if is(&["", "Pending"]) {
        ("Pending", "False", "Waiting")
    } else {
        ("Completed", "True", "RestoreSucceeded")
    };
    pass.status(|status| {
        status["phase"] = json!(phase);
        status["observedGeneration"] = json!(observed);
        conditions::set(status, now, observed, "Ready", [ready, reason, ""]);
    })
}
