//! flux-operator has applied the FluxInstance as it is now.

use fluxlift_core::{Gate, GateName, Observation, Remedy, Verdict};
use fluxlift_kube::Object;

use crate::ready::{self, Readiness};

/// Proven when the FluxInstance of this UID is Ready at a generation no older than this one.
///
/// This says that the operator has applied the manifests. It says nothing of the controllers: an instance becomes Ready
/// with no controller process alive.
#[derive(Debug, Clone)]
pub struct InstanceReady {
    uid: String,
    generation: i64,
}

impl InstanceReady {
    /// The instance as an apply returned it.
    pub fn new(applied: &Object) -> Self {
        Self { uid: applied.uid().to_owned(), generation: applied.generation() }
    }
}

impl Gate for InstanceReady {
    type Snapshot = Option<Object>;

    fn name(&self) -> GateName {
        GateName::new("fluxinstance/flux ready")
    }

    fn judge(&self, seen: &Observation<'_, Option<Object>>) -> Verdict {
        let Some(instance) = seen.snapshot else { return Verdict::pending("fluxinstance/flux is not to be seen") };
        if instance.uid() != self.uid {
            let act = "find out who replaced fluxinstance/flux, then run again";
            return Verdict::stuck("fluxinstance/flux was replaced during the run", Remedy::person(act));
        }
        if instance.is_terminating() {
            return Verdict::stuck(
                "fluxinstance/flux is being deleted",
                Remedy::person("see who deletes it, then run again"),
            );
        }
        if instance.generation() < self.generation {
            return Verdict::pending(format!("generation {} is not to be seen yet", self.generation));
        }
        match Readiness::of_instance(instance) {
            Readiness::Ready(_) => {
                Verdict::proven(instance.evidence("status.conditions[Ready]=True at this generation"))
            }
            other => match ready::stalled(instance) {
                Some(stalled) => Verdict::stuck(
                    format!("fluxinstance/flux: {other}; {stalled}"),
                    Remedy::person("change what the message names in the unit's inputs"),
                ),
                None => Verdict::pending(format!("fluxinstance/flux: {other}")),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;

    fn instance(uid: &str, generation: i64, conditions: Value) -> Object {
        Object::new(json!({"kind": "FluxInstance", "metadata": {"name": "flux", "namespace": "flux-system", "uid": uid,
            "generation": generation}, "status": {"conditions": conditions}}))
    }

    fn judge(seen: Object) -> Verdict {
        let gate = InstanceReady::new(&instance("u", 2, json!([])));
        gate.judge(&Observation { snapshot: &Some(seen), unchanged_for: Duration::ZERO })
    }

    fn ready(observed: i64) -> Value {
        json!([{"type": "Ready", "status": "True", "observedGeneration": observed}])
    }

    #[test]
    fn ready_for_the_generation_before_proves_nothing() {
        assert!(judge(instance("u", 2, ready(2))).is_proven());
        assert!(!judge(instance("u", 2, ready(1))).is_proven());
        assert!(!judge(instance("u", 1, ready(1))).is_proven());
    }

    #[test]
    fn another_instance_of_the_same_name_is_refused() {
        assert!(matches!(judge(instance("v", 2, ready(2))), Verdict::Stuck { .. }));
    }

    #[test]
    fn a_failure_may_pass_and_a_stall_does_not() {
        let failed = json!({"type": "Ready", "status": "False", "reason": "ArtifactFailed", "observedGeneration": 2});
        assert!(matches!(judge(instance("u", 2, json!([failed]))), Verdict::Pending { .. }));
        let stalled = json!({"type": "Stalled", "status": "True", "reason": "BuildFailed", "observedGeneration": 2});
        assert!(matches!(judge(instance("u", 2, json!([failed, stalled]))), Verdict::Stuck { .. }));
    }
}
