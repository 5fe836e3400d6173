//! A backup stands still.

use fluxlift_core::{Gate, GateName, Observation, Remedy, Verdict};
use fluxlift_kube::Object;

use super::super::kinds::PAUSED;
use crate::restore::identity::{another, path};

/// Proven when the source is paused, and no backup of it runs.
#[derive(Debug, Clone)]
pub struct SourceHeld {
    path: String,
    uid: String,
}

impl SourceHeld {
    /// The source `object`.
    pub fn of(object: &Object) -> Self {
        Self { path: path(object), uid: object.uid().to_owned() }
    }
}

impl Gate for SourceHeld {
    type Snapshot = Option<Object>;

    fn name(&self) -> GateName {
        GateName::new(format!("backup {} held", self.path))
    }

    fn judge(&self, seen: &Observation<'_, Option<Object>>) -> Verdict {
        let Some(source) = seen.snapshot else {
            return Verdict::pending(format!("replicationsource {} is not there", self.path));
        };
        if let Some(end) = another(source, &self.uid) {
            return end;
        }
        if !source.flag(PAUSED) {
            let act = "find out who takes the pause off: `kubectl get replicationsource --show-managed-fields`";
            return Verdict::stuck(format!("{} is not paused any more", source.title()), Remedy::person(act));
        }
        match source.text("/status/lastSyncStartTime") {
            Some(since) => Verdict::pending(format!("a backup of it runs since {since}")),
            None => Verdict::proven(source.evidence("spec.paused=true, no backup runs")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;

    fn judge(paused: bool, status: Value) -> Verdict {
        let snapshot = Some(Object::new(json!({"kind": "ReplicationSource",
            "metadata": {"name": "a", "namespace": "apps", "uid": "u1"}, "spec": {"paused": paused}, "status": status})));
        let gate = SourceHeld { path: "apps/a".to_owned(), uid: "u1".to_owned() };
        gate.judge(&Observation { snapshot: &snapshot, unchanged_for: Duration::ZERO })
    }

    #[test]
    fn a_paused_source_whose_backup_still_runs_is_not_held() {
        assert!(judge(true, json!({})).is_proven());
        assert!(!judge(true, json!({"lastSyncStartTime": "2026-01-01T00:00:00Z"})).is_proven());
    }

    #[test]
    fn a_source_whose_pause_was_taken_off_is_refused() {
        assert!(matches!(judge(false, json!({})), Verdict::Stuck { .. }));
    }
}
