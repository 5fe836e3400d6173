//! fluxlift's ledger, held against etcd: a gate that it calls proven must hold of the very object, at the very revision.

use fluxlift_e2e::history::{Happening, History};
use fluxlift_e2e::ledger::Claim;
use serde_json::Value;

use crate::bench::{Broken, Verdict, ensure};
use crate::stage::{has_condition, is_ready};

/// Gates of something that is not there: no object, and so no revision.
const ABSENCES: [&str; 2] = ["canaries removed", " gone"];

/// Every gate that was called proven was.
pub(crate) fn every_proof_holds_of_the_object_as_it_was(history: &History, claims: &[Claim]) -> Verdict {
    ensure(claims.iter().any(Claim::is_proven), || "nothing was ever called proven".to_owned())?;
    for claim in claims.iter().filter(|claim| claim.is_proven()) {
        if ABSENCES.iter().any(|absence| claim.gate.ends_with(absence)) {
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

/// What a gate must have seen, by its name; `None` where no law knows the name.
fn holds(gate: &str, object: &Value) -> Option<bool> {
    let status = &object["status"];
    let generation = &object["metadata"]["generation"];
    let is = |prefix: &str| gate.starts_with(prefix);
    Some(if is("canary ") {
        let echoed = echoes(object);
        // A suspended HelmRelease alone is given its generation too.
        echoed && (object["kind"] != "HelmRelease" || &status["observedGeneration"] == generation)
    } else if is("reconciliation of ") {
        echoes(object)
    } else if is("path ") {
        let ready = condition(object, "Ready");
        let message = ready["message"].as_str().unwrap_or_default();
        ready["status"] == "False" && ready["reason"] == "ArtifactFailed" && message.contains("artifact not found")
    } else if is("crd/") {
        has_condition(object, "Established")
    } else if is("fluxinstance/") {
        is_ready(object) && &condition(object, "Ready")["observedGeneration"] == generation
    } else if is("gitrepository/") || is("kustomization/") || gate == "delivered set ready" {
        is_ready(object) && &status["observedGeneration"] == generation
    } else if is("fluxreport/") || is("node") || gate.contains("node") {
        is_ready(object)
    } else if is("deployment/") || is("leader of ") {
        let wanted = &object["spec"]["replicas"];
        &status["observedGeneration"] == generation
            && [&status["updatedReplicas"], &status["availableReplicas"], &status["replicas"]]
                .iter()
                .all(|n| *n == wanted)
    } else {
        return None;
    })
}

fn echoes(object: &Value) -> bool {
    let token = &object["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"];
    token.is_string() && token == &object["status"]["lastHandledReconcileAt"]
}

fn condition<'a>(object: &'a Value, kind: &str) -> &'a Value {
    const NONE: &Value = &Value::Null;
    let conditions = object["status"]["conditions"].as_array();
    conditions.into_iter().flatten().find(|condition| condition["type"] == kind).unwrap_or(NONE)
}
