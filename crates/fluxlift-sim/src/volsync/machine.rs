//! The state machine that destinations and sources share: synchronizing, cleaning up, idle.
//!
//! As in VolSync, `lastSyncStartTime` is there only while a synchronization runs, and whatever tag the specification has
//! when one ends counts as done.

use fluxlift_core::Timestamp;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::controllers::conditions::{self, moment};
use crate::controllers::object::{flag, generation, is_deleting, some_text, text};
use crate::controllers::{Outcome, Pass, Passed};

/// Where a worker is within a pass over a destination or a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// The mover has done its work.
    Moved,
    /// The snapshot of a destination's volume, by its name, is bound.
    Bound(String),
}

/// What is wrong with an object that names no mover.
const NO_MOVER: &str = "a replication method must be specified";

/// Refuses an object without a mover that this model knows.
pub(super) fn has_mover(pass: &mut Pass<'_>, object: &Value) -> Result<bool, crate::kube::Status> {
    if object["spec"]["kopia"].is_object() {
        return Ok(true);
    }
    if !object["spec"]["external"].is_object() {
        let message = format!("{NO_MOVER} - enabled movers: [kopia]");
        condition(pass, ["False", "Error", &message])?;
    }
    Ok(false)
}

/// What an object without a mover ends with: VolSync tries it again and again, unless it belongs to somebody else.
pub(super) fn without_mover(object: &Value) -> Outcome {
    if object["spec"]["external"].is_object() { Outcome::Done } else { Outcome::Failed(NO_MOVER.to_owned()) }
}

/// Whether a synchronization is to begin at `now`.
pub(super) fn is_due(object: &Value, now: Timestamp) -> bool {
    if some_text(object, "/status/lastSyncTime").is_none() {
        return true;
    }
    match some_text(object, "/spec/trigger/manual") {
        Some(tag) => tag != text(object, "/status/lastManualSync"),
        None => next(object).is_none_or(|next| now >= next),
    }
}

/// When the schedule asks for the next synchronization. `None` without a schedule: then it is always now.
pub(super) fn next(object: &Value) -> Option<Timestamp> {
    let schedule = some_text(object, "/spec/trigger/schedule")?;
    let last: Timestamp = some_text(object, "/status/lastSyncTime")?.parse().ok()?;
    last.checked_add(period(schedule)).ok()
}

/// How far the slots of a cron expression are apart: `*/N * * * *`, or an hour.
pub(crate) fn period(schedule: &str) -> SignedDuration {
    let minutes = schedule.strip_prefix("*/").and_then(|rest| rest.split(' ').next()?.parse().ok());
    SignedDuration::from_mins(minutes.unwrap_or(60))
}

/// Whether a synchronization runs.
pub(super) fn is_synchronizing(object: &Value) -> bool {
    some_text(object, "/status/lastSyncStartTime").is_some()
}

/// Makes a pass over an object: `start` is for one whose synchronization runs, or begins now because it is due.
pub(super) fn synchronize(pass: &mut Pass<'_>, start: impl FnOnce(&mut Pass<'_>, &Value) -> Passed) -> Passed {
    let Some(object) = pass.object().filter(|object| !is_deleting(object)) else { return Ok(Outcome::Done) };
    if !has_mover(pass, &object)? {
        return Ok(without_mover(&object));
    }
    if !is_synchronizing(&object) {
        if !is_due(&object, pass.now()) {
            return idle(pass);
        }
        begin(pass)?;
    }
    if is_paused(&object) {
        // No mover runs, and yet it is done.
        return end(pass);
    }
    start(pass, &object)
}

/// Begins a synchronization.
fn begin(pass: &mut Pass<'_>) -> Result<(), crate::kube::Status> {
    let now = moment(pass.now());
    pass.status(|status| status["lastSyncStartTime"] = json!(now))?;
    condition(pass, ["True", "SyncInProgress", "Synchronization in-progress"])
}

/// Ends a synchronization: whatever tag stands in the specification by now is the one that was done.
pub(super) fn end(pass: &mut Pass<'_>) -> Passed {
    let Some(object) = pass.object() else { return Ok(Outcome::Done) };
    let now = pass.now();
    let began = some_text(&object, "/status/lastSyncStartTime").and_then(|at| at.parse::<Timestamp>().ok());
    let took = began.map_or(SignedDuration::ZERO, |began| now.duration_since(began));
    let tag = some_text(&object, "/spec/trigger/manual").map(str::to_owned);
    pass.status(|status| {
        status["lastSyncTime"] = json!(moment(now));
        status["lastSyncDuration"] = json!(go_duration(took));
        if let (Some(tag), true) = (tag, status.is_object()) {
            status["lastManualSync"] = json!(tag);
        }
        if let Some(status) = status.as_object_mut() {
            status.remove("lastSyncStartTime");
        }
    })?;
    idle(pass)
}

/// Says what it waits for, and comes back when a schedule asks for it.
pub(super) fn idle(pass: &mut Pass<'_>) -> Passed {
    let Some(object) = pass.object() else { return Ok(Outcome::Done) };
    if is_due(&object, pass.now()) {
        return Ok(Outcome::Again);
    }
    match next(&object).filter(|_| some_text(&object, "/spec/trigger/manual").is_none()) {
        Some(next) => {
            condition(pass, ["False", "WaitingForSchedule", "Waiting for next scheduled synchronization"])?;
            Ok(Outcome::After(next.duration_since(pass.now()).max(SignedDuration::from_secs(1))))
        }
        None => {
            condition(pass, ["False", "WaitingForManual", "Waiting for manual trigger"])?;
            Ok(Outcome::Done)
        }
    }
}

/// Whether the object is paused.
pub(super) fn is_paused(object: &Value) -> bool {
    flag(object, "/spec/paused")
}

/// Sets the one condition that VolSync's objects have.
pub(super) fn condition(pass: &mut Pass<'_>, values: [&str; 3]) -> Result<(), crate::kube::Status> {
    let (now, observed) = (pass.now(), pass.object().map_or(0, |object| generation(&object)));
    pass.status(|status| {
        conditions::set(status, now, observed, "Synchronizing", values);
        // VolSync says nothing of generations.
        for condition in status["conditions"].as_array_mut().into_iter().flatten() {
            condition.as_object_mut().map(|condition| condition.remove("observedGeneration"));
        }
    })
}

/// A duration as Go writes it: `32.5s`, `1m2.345s`.
fn go_duration(took: SignedDuration) -> String {
    let (minutes, millis) = (took.as_secs() / 60, took.as_millis() % 60_000);
    let seconds = format!("{}.{:03}", millis / 1000, millis % 1000);
    let seconds = seconds.trim_end_matches('0').trim_end_matches('.');
    if minutes == 0 { format!("{seconds}s") } else { format!("{minutes}m{seconds}s") }
}
