//! VolSync works.

use fluxlift_core::{Gate, GateName, Observation, Verdict};
use fluxlift_kube::Object;

use crate::restore::identity::another;

/// Proven when VolSync has answered a canary: a destination without a mover, which makes no volume and no Job.
///
/// VolSync writes in its condition that a method is missing, and writes it on each such object that it sees. On an object
/// that did not exist before, that shows a leader with synced caches, a worker, and the right to write status.
#[derive(Debug, Clone)]
pub struct VolSyncLive {
    uid: String,
}

impl VolSyncLive {
    /// The canary that was created with this UID.
    pub fn new(uid: impl Into<String>) -> Self {
        Self { uid: uid.into() }
    }
}

impl Gate for VolSyncLive {
    type Snapshot = Option<Object>;

    fn name(&self) -> GateName {
        GateName::new("volsync handles a canary")
    }

    fn judge(&self, seen: &Observation<'_, Option<Object>>) -> Verdict {
        let Some(canary) = seen.snapshot else { return Verdict::pending("the canary is not to be seen") };
        if let Some(end) = another(canary, &self.uid) {
            return end;
        }
        match canary.condition("Synchronizing") {
            Some(condition) if condition.reason() == "Error" => {
                Verdict::proven(canary.evidence(format!("status.conditions[Synchronizing]={}", condition.reason())))
            }
            Some(condition) => Verdict::pending(format!("VolSync says {condition}, which is no answer to a canary")),
            None => Verdict::pending(
                "VolSync has not touched the canary: see whether its Deployment is up, and whether its log names a leader",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;

    fn judge(uid: &str, status: Value) -> Verdict {
        let snapshot = Some(Object::new(json!({"kind": "ReplicationDestination",
            "metadata": {"name": "c", "namespace": "apps", "uid": uid}, "status": status})));
        VolSyncLive::new("u1").judge(&Observation { snapshot: &snapshot, unchanged_for: Duration::ZERO })
    }

    fn answered() -> Value {
        json!({"conditions": [{"type": "Synchronizing", "status": "False", "reason": "Error"}]})
    }

    #[test]
    fn an_answered_canary_proves_and_silence_does_not() {
        assert!(judge("u1", answered()).is_proven());
        assert!(matches!(judge("u1", Value::Null), Verdict::Pending { .. }));
    }

    #[test]
    fn the_answer_on_another_object_of_that_name_is_refused() {
        assert!(matches!(judge("u2", answered()), Verdict::Stuck { .. }));
    }
}
