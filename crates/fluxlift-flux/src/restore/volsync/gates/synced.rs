//! The synchronization that we triggered has ended, and it is that one.

use fluxlift_core::{Gate, GateName, Observation, Remedy, Timestamp, Verdict};
use fluxlift_kube::Object;
use serde_json::Value;

use super::super::Reading;
use super::super::reading::Said;
use super::idle::paused;
use super::nothing::nothing;
use crate::restore::identity::{another, path};

/// Where a destination has what its mover said last.
const MOVER: &str = "/status/latestMoverStatus";

/// Proven when a synchronization by our tag began at the trigger or after it, and has ended.
#[derive(Debug, Clone)]
pub struct Synced {
    path: String,
    uid: String,
    tag: String,
    /// By the server's clock, in whole seconds.
    triggered: Timestamp,
    /// What its mover had said by then, of a synchronization before ours.
    before: Value,
}

impl Synced {
    /// The destination that was triggered by `tag` at `triggered`, which is the server's time.
    pub fn of(object: &Object, tag: &str, triggered: Timestamp) -> Self {
        let at_rest = Reading(object).runs_since().is_none();
        let before = if at_rest { object.at(MOVER).clone() } else { Value::Null };
        Self { path: path(object), uid: object.uid().to_owned(), tag: tag.to_owned(), triggered, before }
    }

    /// VolSync counts our tag as done. Is it our synchronization that it speaks of?
    fn ended(&self, object: &Object) -> Verdict {
        let reading = Reading(object);
        let again = Remedy::person("find out who triggers it besides us, then run the restore again");
        let Some(began) = reading.began() else {
            return Verdict::pending("it counts our tag as done and does not say when the synchronization began");
        };
        if began < self.triggered {
            let why = format!(
                "it counts {} as done by a synchronization that began at {began}, before the trigger at {}",
                self.tag, self.triggered
            );
            return Verdict::stuck(why, again);
        }
        match reading.ended() {
            Some(ended) if ended >= self.triggered => {
                Verdict::proven(object.evidence(format!("status.lastManualSync={}, from {began} to {ended}", self.tag)))
            }
            _ => Verdict::pending("it counts our tag as done and does not say when the synchronization ended"),
        }
    }

    fn running(&self, object: &Object) -> Verdict {
        let reading = Reading(object);
        let ours = object.at(MOVER) != &self.before;
        let failed = match reading.said() {
            // VolSync would try it for ever.
            Said::Empty(words) if reading.is_failing() && ours => return nothing(object, &words),
            Said::Failed(words) => format!("; its last mover failed: {words}"),
            _ => String::new(),
        };
        match reading.runs_since() {
            Some(since) => Verdict::pending(format!("it runs since {since}: {}{failed}", reading.condition())),
            None => Verdict::pending(format!("it has not begun: {}{failed}", reading.condition())),
        }
    }
}

/// Who wrote the tag last, other than us.
fn writer(object: &Object) -> Option<&str> {
    let writes = |entry: &&serde_json::Value| entry["fieldsV1"]["f:spec"]["f:trigger"]["f:manual"].is_object();
    let found = object.items("/metadata/managedFields").iter().filter(writes);
    found.filter_map(|entry| entry["manager"].as_str()).find(|manager| *manager != fluxlift_kube::FIELD_MANAGER)
}

impl Gate for Synced {
    type Snapshot = Option<Object>;

    fn name(&self) -> GateName {
        GateName::new(format!("destination {} synchronized", self.path))
    }

    fn judge(&self, seen: &Observation<'_, Option<Object>>) -> Verdict {
        let Some(object) = seen.snapshot else {
            return Verdict::pending(format!("replicationdestination {} is not there", self.path));
        };
        if let Some(end) = another(object, &self.uid).or_else(|| paused(object)) {
            return end;
        }
        let tag = Reading(object).tag().unwrap_or("nothing");
        if tag != self.tag {
            let by = writer(object).map(|manager| format!(" by {manager}")).unwrap_or_default();
            let why =
                format!("its tag was changed midway{by}, from {} to {tag}: what ends now may be anything", self.tag);
            let act = "keep that manager from writing spec.trigger (kustomize.toolkit.fluxcd.io/ssa: IfNotPresent), then run \
                       the restore again";
            return Verdict::stuck(why, Remedy::person(act));
        }
        if Reading(object).done() == Some(&self.tag) && Reading(object).runs_since().is_none() {
            self.ended(object)
        } else {
            self.running(object)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn judge(spec: Value, status: Value) -> Verdict {
        let snapshot = Some(Object::new(json!({"kind": "ReplicationDestination",
            "metadata": {"name": "a", "namespace": "apps", "uid": "u1", "managedFields": [{"manager": "flux",
                "fieldsV1": {"f:spec": {"f:trigger": {"f:manual": {}}}}}]}, "spec": spec, "status": status})));
        let gate = Synced {
            path: "apps/a".to_owned(),
            uid: "u1".to_owned(),
            tag: "ours".to_owned(),
            triggered: "2026-01-01T00:10:00Z".parse().unwrap(),
            before: json!({"result": "Failed", "logs": "No eligible snapshots found"}),
        };
        gate.judge(&Observation { snapshot: &snapshot, unchanged_for: Duration::ZERO })
    }

    fn ended(at: &str, took: &str) -> Value {
        json!({"lastManualSync": "ours", "lastSyncTime": at, "lastSyncDuration": took})
    }

    fn ours() -> Value {
        json!({"trigger": {"manual": "ours"}})
    }

    #[test]
    fn our_tag_with_a_start_after_the_trigger_is_proven() {
        assert!(judge(ours(), ended("2026-01-01T00:10:30Z", "29.5s")).is_proven());
    }

    #[test]
    fn our_tag_on_a_synchronization_from_before_the_trigger_is_refused() {
        let verdict = judge(ours(), ended("2026-01-01T00:10:30Z", "45s"));
        let Verdict::Stuck { why, .. } = verdict else { panic!("{verdict}") };
        assert!(why.contains("before the trigger"), "{why}");
    }

    #[test]
    fn a_tag_that_was_changed_midway_is_refused_with_who_did_it() {
        let verdict = judge(json!({"trigger": {"manual": "restore-once"}}), ended("2026-01-01T00:10:30Z", "20s"));
        let Verdict::Stuck { why, .. } = verdict else { panic!("{verdict}") };
        assert!(why.contains("by flux, from ours to restore-once"), "{why}");
    }

    #[test]
    fn a_pause_that_comes_midway_is_refused() {
        let spec = json!({"paused": true, "trigger": {"manual": "ours"}});
        assert!(matches!(judge(spec, ended("2026-01-01T00:10:30Z", "20s")), Verdict::Stuck { .. }));
    }

    #[test]
    fn a_synchronization_without_times_or_still_running_proves_nothing() {
        assert!(!judge(ours(), json!({"lastManualSync": "ours"})).is_proven());
        assert!(!judge(ours(), json!({"lastManualSync": "before"})).is_proven());
        let mut running = ended("2026-01-01T00:10:30Z", "20s");
        running["lastSyncStartTime"] = json!("2026-01-01T00:11:00Z");
        assert!(!judge(ours(), running).is_proven());
    }

    #[test]
    fn a_mover_that_fails_is_told_in_its_words() {
        let status = json!({"latestMoverStatus": {"result": "Failed", "logs": "ERROR input/output error"}});
        assert!(judge(ours(), status).to_string().contains("its last mover failed: ERROR input/output error"));
    }

    #[test]
    fn a_mover_that_fails_because_nothing_matches_is_an_end_and_its_words_of_before_are_not() {
        let status = |logs: &str| json!({"latestMoverStatus": {"result": "Failed", "logs": logs}});
        let verdict = judge(ours(), status("No eligible snapshots found\nERROR gone"));
        let Verdict::Stuck { why, .. } = verdict else { panic!("{verdict}") };
        assert!(why.contains("the repository has no snapshot of"), "{why}");
        assert!(matches!(judge(ours(), status("No eligible snapshots found")), Verdict::Pending { .. }));
    }
}
