//! A schedule stands still.

use std::time::Duration;

use fluxlift_core::{Gate, GateName, Observation, Remedy, Verdict};
use fluxlift_kube::{Collection, Object};

use super::super::kinds::SUSPENDED;
use super::super::schedules::named;
use crate::restore::identity::{another, path};

/// For how long nothing may have come of a schedule that is suspended. kopiur does not confirm that it has read it, and
/// may have been about to fire.
const SETTLED: Duration = Duration::from_secs(5);

/// Proven when the schedule is suspended, no backup of what it fires is under way, and that stays so.
#[derive(Debug, Clone)]
pub struct ScheduleHeld {
    path: String,
    uid: String,
    namespace: String,
    /// The policy that it fires, by namespace and name. `None` for one that selects them.
    policy: Option<(String, String)>,
}

/// A schedule, and the backups under way of what it fires.
pub type ScheduleSight = (Option<Object>, Vec<String>);

impl ScheduleHeld {
    /// The schedule `object`.
    pub fn of(object: &Object) -> Self {
        let namespace = object.namespace().unwrap_or_default();
        Self {
            path: path(object),
            uid: object.uid().to_owned(),
            policy: named(object.at("/spec/policyRef"), namespace),
            namespace: namespace.to_owned(),
        }
    }

    /// Where kopiur makes the Snapshots of its policies: beside these.
    pub fn snapshots_within(&self) -> &str {
        self.policy.as_ref().map_or(&self.namespace, |(namespace, _)| namespace)
    }

    /// What matters of the schedule and the Snapshots beside its policies.
    pub fn sight(&self, seen: &[Collection]) -> ScheduleSight {
        let schedule = seen.first().and_then(Collection::only).cloned();
        let snapshots = seen.get(1).into_iter().flat_map(Collection::iter);
        (schedule, snapshots.filter(|one| self.awaits(one)).map(Object::title).collect())
    }

    /// Whether `snapshot` is a backup of what this schedule fires, whoever asked for it, and has not ended.
    fn awaits(&self, snapshot: &Object) -> bool {
        let of = named(snapshot.at("/spec/policyRef"), snapshot.namespace().unwrap_or_default());
        let concerns = of.is_some() && (self.policy.is_none() || of == self.policy);
        concerns && matches!(snapshot.text("/status/phase"), None | Some("Pending" | "Running"))
    }
}

impl Gate for ScheduleHeld {
    type Snapshot = ScheduleSight;

    fn name(&self) -> GateName {
        GateName::new(format!("schedule {} held", self.path))
    }

    fn judge(&self, seen: &Observation<'_, ScheduleSight>) -> Verdict {
        let (schedule, running) = seen.snapshot;
        let Some(schedule) = schedule else {
            return Verdict::pending(format!("snapshotschedule {} is not there", self.path));
        };
        if let Some(end) = another(schedule, &self.uid) {
            return end;
        }
        if !schedule.flag(SUSPENDED) {
            let act = "find out who lets it go: `kubectl get snapshotschedule --show-managed-fields`";
            return Verdict::stuck(format!("{} is not suspended any more", schedule.title()), Remedy::person(act));
        }
        if !running.is_empty() {
            return Verdict::pending(format!("a backup of it is under way: {}", running.join(" and ")));
        }
        match seen.unchanged_for < SETTLED {
            true => Verdict::pending("it is suspended just now, and may have been about to fire"),
            false => Verdict::proven(schedule.evidence("spec.schedule.suspend=true, no Snapshot is under way")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn schedule(spec: Value) -> Object {
        Object::new(json!({"kind": "SnapshotSchedule", "spec": spec,
            "metadata": {"name": "app", "namespace": "apps", "uid": "u1"}}))
    }

    fn snapshot(policy: &str, phase: Value) -> Object {
        Object::new(json!({"kind": "Snapshot", "metadata": {"name": policy, "namespace": "apps"},
            "spec": {"policyRef": {"name": policy}}, "status": {"phase": phase}}))
    }

    fn judge(spec: Value, snapshots: Vec<Object>, unchanged_for: Duration) -> Verdict {
        let gate = ScheduleHeld::of(&schedule(spec.clone()));
        let seen = [[schedule(spec)].into_iter().collect(), snapshots.into_iter().collect()];
        gate.judge(&Observation { snapshot: &gate.sight(&seen), unchanged_for })
    }

    fn suspended() -> Value {
        json!({"policyRef": {"name": "app"}, "schedule": {"suspend": true}})
    }

    #[test]
    fn a_schedule_that_was_suspended_just_now_may_have_been_about_to_fire() {
        assert!(matches!(judge(suspended(), Vec::new(), Duration::ZERO), Verdict::Pending { .. }));
        assert!(judge(suspended(), Vec::new(), SETTLED).is_proven());
    }

    #[test]
    fn a_backup_of_its_policy_that_has_not_ended_is_told_by_name_whoever_asked_for_it() {
        for phase in [Value::Null, json!("Pending"), json!("Running")] {
            let verdict = judge(suspended(), vec![snapshot("app", phase)], SETTLED);
            assert_eq!(verdict, Verdict::pending("a backup of it is under way: snapshot/apps/app"));
        }
        assert!(judge(suspended(), vec![snapshot("app", json!("Succeeded"))], SETTLED).is_proven());
        assert!(judge(suspended(), vec![snapshot("other", json!("Running"))], SETTLED).is_proven());
        let selects = json!({"policySelector": {}, "schedule": {"suspend": true}});
        assert!(!judge(selects, vec![snapshot("other", json!("Running"))], SETTLED).is_proven());
    }

    #[test]
    fn a_schedule_that_somebody_lets_go_is_refused() {
        let gone = json!({"policyRef": {"name": "app"}, "schedule": {}});
        assert!(matches!(judge(gone, Vec::new(), SETTLED), Verdict::Stuck { .. }));
    }
}
