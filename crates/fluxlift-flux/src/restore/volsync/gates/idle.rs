//! Nothing synchronizes a destination, so that what runs after the trigger is ours.

use fluxlift_core::{Gate, GateName, Observation, Remedy, Verdict};
use fluxlift_kube::Object;

use super::super::Reading;
use super::super::reading::Said;
use super::nothing::nothing;
use crate::restore::identity::{another, path};

/// Proven when the destination is not paused, and no synchronization runs or is about to.
#[derive(Debug, Clone)]
pub struct Idle {
    path: String,
    uid: String,
}

impl Idle {
    /// The destination `object`.
    pub fn of(object: &Object) -> Self {
        Self { path: path(object), uid: object.uid().to_owned() }
    }
}

/// Why a destination that is paused can't be restored, and what a person can do; `None` where it is not.
pub fn pause(object: &Object) -> Option<(String, String)> {
    let act = || {
        format!(
            "take the pause off: kubectl patch replicationdestination -n {} {} --type merge -p '{{\"spec\":{{\"paused\":false}}}}'",
            object.namespace().unwrap_or_default(),
            object.name()
        )
    };
    let why = "it is paused: it counts every trigger as done at once, and restores nothing".to_owned();
    Reading(object).is_paused().then(|| (why, act()))
}

/// The same as an end.
pub(super) fn paused(object: &Object) -> Option<Verdict> {
    pause(object).map(|(why, act)| Verdict::stuck(why, Remedy::person(act)))
}

impl Gate for Idle {
    type Snapshot = Option<Object>;

    fn name(&self) -> GateName {
        GateName::new(format!("destination {} idle", self.path))
    }

    fn judge(&self, seen: &Observation<'_, Option<Object>>) -> Verdict {
        let Some(object) = seen.snapshot else {
            return Verdict::pending(format!("replicationdestination {} is not there", self.path));
        };
        if let Some(end) = another(object, &self.uid).or_else(|| paused(object)) {
            return end;
        }
        let reading = Reading(object);
        if let Some(since) = reading.runs_since() {
            // A synchronization ends when its mover succeeds: this one would fail for ever.
            if let (Said::Empty(words), true) = (reading.said(), reading.is_failing()) {
                return nothing(object, &words);
            }
            let tag = reading.tag().unwrap_or("its schedule");
            return Verdict::pending(format!("a synchronization by {tag} runs since {since}: {}", reading.condition()));
        }
        match (reading.ended(), reading.tag()) {
            (None, _) => Verdict::pending(format!(
                "VolSync is about to synchronize it for the first time: {}",
                reading.condition()
            )),
            (Some(_), Some(tag)) if reading.done() != Some(tag) => {
                Verdict::pending(format!("VolSync is about to synchronize it by {tag}"))
            }
            (Some(_), None) if object.text("/spec/trigger/schedule").is_none() => {
                Verdict::pending("it has no trigger, so that VolSync synchronizes it again and again")
            }
            (Some(_), _) => Verdict::proven(object.evidence("idle, not paused")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;

    fn judge(uid: &str, spec: Value, status: Value) -> Verdict {
        let snapshot = Some(Object::new(json!({"kind": "ReplicationDestination",
            "metadata": {"name": "a", "namespace": "apps", "uid": uid}, "spec": spec, "status": status})));
        let gate = Idle { path: "apps/a".to_owned(), uid: "u1".to_owned() };
        gate.judge(&Observation { snapshot: &snapshot, unchanged_for: Duration::ZERO })
    }

    fn done() -> Value {
        json!({"lastManualSync": "once", "lastSyncTime": "2026-01-01T00:00:00Z"})
    }

    #[test]
    fn a_destination_at_rest_is_idle_and_another_of_its_name_is_not() {
        assert!(judge("u1", json!({"trigger": {"manual": "once"}}), done()).is_proven());
        assert!(matches!(judge("u2", json!({"trigger": {"manual": "once"}}), done()), Verdict::Stuck { .. }));
    }

    #[test]
    fn a_paused_destination_is_refused_by_name() {
        let verdict = judge("u1", json!({"paused": true, "trigger": {"manual": "once"}}), done());
        let Verdict::Stuck { why, .. } = verdict else { panic!("{verdict}") };
        assert!(why.contains("is paused") && why.contains("restores nothing"), "{why}");
    }

    #[test]
    fn one_whose_own_restore_fails_because_nothing_matches_will_not_be_idle() {
        let status = |result: &str| {
            json!({"lastSyncStartTime": "2026-01-01T00:05:00Z",
                "latestMoverStatus": {"result": result, "logs": "No eligible snapshots found"}})
        };
        let spec = json!({"trigger": {"manual": "once"}, "kopia": {"sourceIdentity": {"sourceName": "app"}}});
        let verdict = judge("u1", spec.clone(), status("Failed"));
        let Verdict::Stuck { why, .. } = verdict else { panic!("{verdict}") };
        assert!(why.contains("no snapshot of app@apps"), "{why}");
        // The words of the one before, which ended: what runs now may do better.
        assert!(matches!(judge("u1", spec, status("Successful")), Verdict::Pending { .. }));
    }

    #[test]
    fn one_that_synchronizes_or_is_about_to_is_not_idle() {
        let mut running = done();
        running["lastSyncStartTime"] = json!("2026-01-01T00:05:00Z");
        assert!(!judge("u1", json!({"trigger": {"manual": "once"}}), running).is_proven());
        assert!(!judge("u1", json!({"trigger": {"manual": "twice"}}), done()).is_proven());
        assert!(!judge("u1", json!({"trigger": {"manual": "once"}}), json!({})).is_proven());
        assert!(!judge("u1", json!({}), done()).is_proven());
    }
}
