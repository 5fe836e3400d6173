//! The gate of a suspended canary: the controller has handled it.

use fluxlift_core::{Gate, GateName, Observation, Remedy, Verdict};
use fluxlift_kube::Object;

use super::plan::Canary;
use crate::Controllers;
use crate::annotation::FINALIZER;

/// What is looked at: the canary, and the controllers to say why it is not handled yet.
pub type Sighting = (Option<Object>, Controllers);

/// Proven when the controller has echoed the token on the very object that was created.
#[derive(Debug, Clone)]
pub struct Handled {
    canary: Canary,
    uid: String,
    token: String,
}

impl Handled {
    /// The canary that was created with this UID and this token.
    pub fn new(canary: Canary, uid: impl Into<String>, token: impl Into<String>) -> Self {
        Self { canary, uid: uid.into(), token: token.into() }
    }

    /// Whether `canary` was touched by a first pass, and the field that only a second one writes is missing.
    pub(super) fn needs_another_pass(&self, canary: &Object) -> bool {
        canary.uid() == self.uid
            && !canary.is_terminating()
            && canary.text("/status/lastHandledReconcileAt") == Some(&self.token)
            && self.canary.species.missing(canary).is_some()
    }

    /// Why it is not handled: the cause if the cluster shows one, else what the canary's own state means.
    fn cause(&self, seen: &Observation<'_, Sighting>, symptom: &str) -> Verdict {
        let (_, controllers) = seen.snapshot;
        let component = self.canary.species.component();
        let name = &self.canary.deployment;
        match controllers.trouble(component, name, seen.unchanged_for) {
            Some(trouble) => Verdict::pending(trouble),
            None => Verdict::pending(format!("{name} leads, but {symptom}")),
        }
    }
}

/// Whether `object` is still the one that we created. An end for every canary whose object was tampered with.
pub(super) fn tampered(object: &Object, uid: &str) -> Option<Verdict> {
    let act = "find out what deletes or replaces objects in flux-system, then run again";
    if object.uid() != uid {
        let why = format!("{} was replaced: its UID is {} instead of {uid}", object.title(), object.uid());
        return Some(Verdict::stuck(why, Remedy::person(act)));
    }
    let deleted =
        || Verdict::stuck(format!("{} is being deleted by somebody else", object.title()), Remedy::person(act));
    object.is_terminating().then(deleted)
}

impl Gate for Handled {
    type Snapshot = Sighting;

    fn name(&self) -> GateName {
        self.canary.gate()
    }

    fn judge(&self, seen: &Observation<'_, Sighting>) -> Verdict {
        let kind = self.canary.species.kind();
        let Some(object) = &seen.snapshot.0 else { return Verdict::pending("the canary is not to be seen") };
        if let Some(end) = tampered(object, &self.uid) {
            return end;
        }
        let echo = object.text("/status/lastHandledReconcileAt").unwrap_or_default();
        let finalizer = object.finalizers().any(|f| f == FINALIZER);
        if echo != self.token && !self.canary.species.is_answered_without_echo(object) {
            let symptom = if finalizer {
                format!("it writes no status of the canary: its role may lack {}/status", kind.plural())
            } else {
                "it has not touched the canary: its caches are not synced, or all of its workers are busy".to_owned()
            };
            return self.cause(seen, &symptom);
        }
        match self.canary.species.missing(object) {
            Some(missing) => self.cause(seen, &missing),
            None => Verdict::proven(object.evidence(self.canary.species.field())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;
    use crate::canary::Species;

    fn judge(species: Species, object: Option<Value>) -> Verdict {
        let deployment = species.component().name().to_owned();
        let gate = Handled::new(Canary { species, deployment, shard: None }, "uid-1", "token-1");
        let snapshot = (object.map(Object::new), Controllers::default());
        gate.judge(&Observation { snapshot: &snapshot, unchanged_for: Duration::ZERO })
    }

    fn release(uid: &str, token: &str, observed: i64) -> Value {
        json!({"kind": "HelmRelease", "metadata": {"name": "c", "namespace": "flux-system", "uid": uid,
            "generation": 1, "finalizers": ["finalizers.fluxcd.io"]},
            "status": {"observedGeneration": observed, "lastHandledReconcileAt": token}})
    }

    #[test]
    fn a_release_needs_the_echo_and_the_generation() {
        assert!(judge(Species::Release, Some(release("uid-1", "token-1", 1))).is_proven());
        assert!(!judge(Species::Release, Some(release("uid-1", "token-1", -1))).is_proven());
        assert!(!judge(Species::Release, Some(release("uid-1", "", 1))).is_proven());
    }

    #[test]
    fn the_echo_of_another_run_is_refused() {
        assert!(!judge(Species::Release, Some(release("uid-1", "token-0", 1))).is_proven());
    }

    #[test]
    fn another_object_of_the_same_name_is_refused_for_good() {
        let verdict = judge(Species::Release, Some(release("uid-2", "token-1", 1)));
        assert!(matches!(verdict, Verdict::Stuck { .. }), "{verdict}");
    }

    #[test]
    fn a_handled_canary_that_is_being_deleted_is_refused() {
        let mut object = release("uid-1", "token-1", 1);
        object["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        assert!(matches!(judge(Species::Release, Some(object)), Verdict::Stuck { .. }));
    }

    #[test]
    fn a_finalizer_alone_proves_no_right_to_write_status() {
        let mut object = release("uid-1", "", -1);
        object["status"] = json!({"observedGeneration": -1});
        assert!(!judge(Species::Release, Some(object)).is_proven());
    }

    #[test]
    fn a_canary_that_is_not_to_be_seen_proves_nothing() {
        assert_eq!(judge(Species::Release, None), Verdict::pending("the canary is not to be seen"));
    }

    #[test]
    fn a_suspended_source_keeps_minus_one_and_is_proven_by_its_echo() {
        let source = Species::of(crate::Component::Source).remove(0);
        let mut object = release("uid-1", "token-1", -1);
        object["kind"] = json!("GitRepository");
        assert!(judge(source, Some(object)).is_proven());
    }
}
