//! VolumeSnapshots: bound at once, ready to use later.

use jiff::SignedDuration;
use serde_json::json;

use super::SnapshotFault;
use crate::controllers::object::{annotation, flag, is_deleting};
use crate::controllers::{Outcome, Pass, Passed};

/// How long the storage takes to have a snapshot ready.
const READY: SignedDuration = SignedDuration::from_secs(8);

/// Makes a pass over a snapshot.
pub fn reconcile(pass: &mut Pass<'_>) -> Passed {
    let Some(object) = pass.object().filter(|object| !is_deleting(object)) else { return Ok(Outcome::Done) };
    if flag(&object, "/status/readyToUse") {
        return Ok(Outcome::Done);
    }
    if object["status"]["boundVolumeSnapshotContentName"].is_null() {
        let content = format!("snapcontent-{}", object["metadata"]["uid"].as_str().unwrap_or_default());
        pass.status(|status| {
            status["boundVolumeSnapshotContentName"] = json!(content);
            status["readyToUse"] = json!(false);
        })?;
        return Ok(Outcome::After(READY / pass.world.options.haste));
    }
    let fault = pass.world.volsync.faults.snapshots;
    if fault == SnapshotFault::NeverReady {
        return Ok(Outcome::After(READY / pass.world.options.haste));
    }
    let size = annotation(&object, "sim.fluxlift.dev/size").unwrap_or("1Gi").to_owned();
    pass.status(|status| {
        status["readyToUse"] = json!(true);
        status["restoreSize"] = if fault == SnapshotFault::Sizeless { json!("0") } else { json!(size) };
    })?;
    Ok(Outcome::Done)
}
