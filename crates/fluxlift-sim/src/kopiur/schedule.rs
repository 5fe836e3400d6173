//! SnapshotSchedules: they make a Snapshot of each policy that they name, one that is suspended too.

use std::sync::Arc;

use fluxlift_core::Timestamp;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{kinds, policy};
use crate::controllers::conditions::moment;
use crate::controllers::object::{flag, is_deleting, selects, some_text, text};
use crate::controllers::{Outcome, Pass, Passed};
use crate::volsync::machine::period;

/// Makes a pass over a schedule. One that is suspended says nothing of it.
pub fn reconcile(pass: &mut Pass<'_>) -> Passed {
    let Some(object) = pass.object().filter(|object| !is_deleting(object)) else { return Ok(Outcome::Done) };
    if flag(&object, "/spec/schedule/suspend") {
        return Ok(Outcome::Done);
    }
    let period = period(text(&object, "/spec/schedule/cron"));
    // A slot that was missed while it was suspended is made up for at once.
    let wait = due(&object, period).map_or(SignedDuration::ZERO, |due| due.duration_since(pass.now()));
    if wait > SignedDuration::ZERO {
        return Ok(Outcome::After(wait));
    }
    for policy in policies(pass, &object) {
        fire(pass, &object, &policy)?;
    }
    let at = moment(pass.now());
    pass.status(|status| status["lastSchedule"] = json!({"at": at}))?;
    Ok(Outcome::After(period))
}

/// When the next slot is; `None` when it can't be told.
fn due(object: &Value, period: SignedDuration) -> Option<Timestamp> {
    let last =
        some_text(object, "/status/lastSchedule/at").unwrap_or_else(|| text(object, "/metadata/creationTimestamp"));
    last.parse::<Timestamp>().ok()?.checked_add(period).ok()
}

fn policies(pass: &Pass<'_>, object: &Value) -> Vec<Arc<Value>> {
    let (spec, namespace) = (&object["spec"], text(object, "/metadata/namespace"));
    if spec["policyRef"].is_object() {
        return policy::named(pass, &spec["policyRef"], namespace).into_iter().collect();
    }
    let all = pass.list(&kinds::POLICIES, Some(namespace)).into_iter();
    all.filter(|policy| selects(&spec["policySelector"], policy)).collect()
}

fn fire(pass: &mut Pass<'_>, schedule: &Value, policy: &Value) -> Result<(), crate::kube::Status> {
    let (name, namespace) = (text(policy, "/metadata/name"), text(policy, "/metadata/namespace"));
    let snapshot = json!({"apiVersion": "kopiur.home-operations.com/v1alpha1", "kind": "Snapshot",
        "metadata": {"name": format!("{name}-{}", pass.now().strftime("%Y%m%d%H%M%S")), "namespace": namespace,
            "labels": {"kopiur.home-operations.com/config": name, "kopiur.home-operations.com/origin": "scheduled",
                "kopiur.home-operations.com/schedule": text(schedule, "/metadata/name")}},
        "spec": {"policyRef": {"name": name, "namespace": namespace}}});
    pass.create(&kinds::SNAPSHOTS, snapshot).map(drop)
}
