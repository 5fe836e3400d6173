//! Status conditions, and when they change.

use fluxlift_core::Timestamp;
use fluxlift_sim::controllers::conditions::{remove, set};
use jiff::SignedDuration;
use serde_json::json;

#[test]
fn the_transition_time_moves_only_with_the_status() {
    let (mut status, then) = (json!({}), Timestamp::UNIX_EPOCH);
    let later = then + SignedDuration::from_secs(9);
    set(&mut status, then, 1, "Ready", ["False", "Waiting", "not yet"]);
    set(&mut status, later, 2, "Ready", ["False", "StillWaiting", "not yet"]);
    assert_eq!(status["conditions"][0]["lastTransitionTime"], "1970-01-01T00:00:00Z");
    assert_eq!(status["conditions"][0]["reason"], "StillWaiting");
    set(&mut status, later, 2, "Ready", ["True", "Done", "done"]);
    assert_eq!(status["conditions"][0]["lastTransitionTime"], "1970-01-01T00:00:09Z");
    remove(&mut status, "Ready");
    assert_eq!(status["conditions"], json!([]));
}
