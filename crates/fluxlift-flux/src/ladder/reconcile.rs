//! The gate after `requestedAt`: the controller has taken the request up.

use fluxlift_core::{Gate, GateName, Observation, Remedy, Verdict};
use fluxlift_kube::Object;

/// Proven when the object of this UID echoes the token.
///
/// For a suspended object the echo means that nothing was done, so that one is refused.
#[derive(Debug, Clone)]
pub struct Reconciled {
    pub(super) title: String,
    pub(super) uid: String,
    pub(super) token: String,
}

impl Gate for Reconciled {
    type Snapshot = Option<Object>;

    fn name(&self) -> GateName {
        GateName::new(format!("reconciliation of {} taken up", self.title))
    }

    fn judge(&self, seen: &Observation<'_, Option<Object>>) -> Verdict {
        let Some(object) = seen.snapshot else { return Verdict::pending(format!("{} is not to be seen", self.title)) };
        if object.uid() != self.uid {
            let act = "look who replaced it, then run again";
            return Verdict::stuck(format!("{} was replaced", self.title), Remedy::person(act));
        }
        if object.flag("/spec/suspend") {
            return Verdict::stuck(format!("{} was suspended", self.title), Remedy::person("resume it"));
        }
        match object.text("/status/lastHandledReconcileAt") {
            Some(echo) if echo == self.token => Verdict::proven(object.evidence("status.lastHandledReconcileAt")),
            _ => Verdict::pending(format!("{} was asked for a reconciliation and has not taken it up", self.title)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    #[test]
    fn an_older_request_that_was_taken_up_proves_nothing() {
        let gate = Reconciled { title: "helmrelease/a/b".into(), uid: "u".into(), token: "new".into() };
        let judge = |echo: &str, suspend: bool| {
            let object = json!({"metadata": {"uid": "u"}, "spec": {"suspend": suspend},
                "status": {"lastHandledReconcileAt": echo}});
            gate.judge(&Observation { snapshot: &Some(Object::new(object)), unchanged_for: Duration::ZERO })
        };
        assert!(judge("new", false).is_proven());
        assert!(!judge("old", false).is_proven());
        assert!(matches!(judge("new", true), Verdict::Stuck { .. }));
    }
}
