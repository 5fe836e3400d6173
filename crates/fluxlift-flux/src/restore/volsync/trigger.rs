//! The trigger: written over the very version of the destination that was seen at rest.

use fluxlift_core::Timestamp;
use fluxlift_kube::{Class, FIELD_MANAGER, Object, ObjectRef};

use super::gates::Idle;
use super::mark;
use crate::restore::hold::TRIES;
use crate::restore::mark::is_restoring;
use crate::restore::{RestoreError, Round};

/// What a destination came to that was waited for until it is at rest.
pub(super) enum AtRest {
    /// Its own restore ended well meanwhile: there is nothing to trigger.
    Restored(Object),
    /// A restore of ours was triggered.
    Triggered(Object),
}

/// Waits until nothing synchronizes `object`, and triggers it unless its own restore has ended well by then.
pub(super) async fn trigger(round: &Round, target: &ObjectRef, object: &Object) -> Result<AtRest, RestoreError> {
    for _ in 0..TRIES {
        let gate = Idle::of(object);
        let seen = round.cx.prove(&gate, round.limits.restore, round.cluster.observe_one(target.clone())).await?;
        let Some(idle) = seen else { continue };
        // One that was so before is done again for a reason: its image is gone, say.
        let reading = super::Reading(&idle);
        if reading.is_restored() && reading.ended() != super::Reading(object).ended() {
            return Ok(AtRest::Restored(idle));
        }
        let tag = format!("fluxlift-{}", round.word());
        // Written over this version alone: whatever begins afterwards began after the trigger.
        match round.cluster.merge(target, &mark::trigger(&idle, &round.run, &tag)).await {
            Ok(triggered) => {
                round.cx.events.step("triggered", format!("{target} by {tag}"));
                return Ok(AtRest::Triggered(triggered));
            }
            Err(error) if error.class() == Class::Conflict => {
                // The reply of a request that was repeated may have been lost: then it is ours already.
                let current = round.cluster.must_get(target).await?;
                if mark::tag(&current) == Some(&tag) {
                    return Ok(AtRest::Triggered(current));
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(RestoreError::Contended { target: target.to_string(), act: "triggered" })
}

/// Takes our marks off a destination, and notes the claims that were proven to be filled from it. False when there were
/// none.
pub(super) async fn clear(round: &Round, target: &ObjectRef, filled: &[Object]) -> Result<bool, RestoreError> {
    for _ in 0..TRIES {
        let Some(current) = round.cluster.get(target).await?.filter(is_restoring) else { return Ok(false) };
        match round.cluster.merge(target, &mark::untrigger(&current, filled)).await {
            Ok(_) => return Ok(true),
            Err(error) if error.class() == Class::Conflict => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(RestoreError::Contended { target: target.to_string(), act: "released" })
}

/// When our tag was written, by the server's clock and not by ours. `None` when the object does not say.
pub(super) fn written_at(object: &Object) -> Option<Timestamp> {
    let ours = |entry: &&serde_json::Value| {
        entry["manager"] == FIELD_MANAGER && entry["fieldsV1"]["f:spec"]["f:trigger"]["f:manual"].is_object()
    };
    object.items("/metadata/managedFields").iter().find(ours)?["time"].as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_trigger_s_time_is_the_server_s() {
        let fields = |at: &str, manager: &str| json!({"manager": manager, "time": at, "fieldsV1": {"f:spec": {"f:trigger": {"f:manual": {}}}}});
        let object = Object::new(json!({"metadata": {"managedFields": [
            fields("2026-01-01T00:00:01Z", "flux"), fields("2026-01-01T00:00:02Z", "fluxlift")]}}));
        assert_eq!(written_at(&object).unwrap().to_string(), "2026-01-01T00:00:02Z");
        assert_eq!(written_at(&Object::new(json!({}))), None);
    }
}
