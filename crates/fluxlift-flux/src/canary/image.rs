//! The canaries of the two image controllers, for instances that list them.
//!
//! image-reflector-controller runs two independent controllers; a suspended object of each is answered like those of the
//! others. image-automation-controller (1.2 and before) is the odd one: it leaves a suspended object after its finalizer,
//! and it never echoes a token. So its canary is not suspended but lacks the Git configuration without which nothing can
//! be done: it is refused at once and for good, before any repository is looked for. The refusal lies in the status of
//! an object that is ours and new, and only the controller could have written it.

use fluxlift_kube::Object;
use serde_json::{Value, json};

/// Why an ImageUpdateAutomation without a Git configuration is refused.
const REFUSED: &str = "InvalidSourceConfiguration";

/// A suspended ImageRepository that points nowhere.
pub(super) fn repository() -> Value {
    json!({"interval": "1h", "suspend": true, "image": "canary.invalid/none"})
}

/// A suspended ImagePolicy.
pub(super) fn policy(name: &str) -> Value {
    json!({"suspend": true, "imageRepositoryRef": {"name": name}, "policy": {"alphabetical": {}}})
}

/// Policies can be suspended, and are asked by a token, since Flux 2.7, which brought v1.
pub(super) fn policy_is_answered_at(version: &str) -> bool {
    !version.contains("beta")
}

/// An ImageUpdateAutomation of which nothing can come.
pub(super) fn automation(name: &str) -> Value {
    json!({"interval": "1h", "sourceRef": {"kind": "GitRepository", "name": name}})
}

/// Whether the controller has refused `canary`, as it is now.
pub(super) fn automation_is_refused(canary: &Object) -> bool {
    let generation = canary.generation();
    let refused = canary.condition("Stalled").filter(|stalled| stalled.is_true() && stalled.reason() == REFUSED);
    generation > 0
        && canary.number("/status/observedGeneration") == Some(generation)
        && refused.is_some_and(|stalled| stalled.observed_generation() == Some(generation))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use fluxlift_core::{Gate as _, Observation, Verdict};

    use super::super::Species;
    use super::super::handled::Handled;
    use super::super::plan::Canary;
    use super::*;
    use crate::{Component, Controllers};

    fn judge(species: Species, finalizers: Value, status: Value) -> Verdict {
        let deployment = species.component().name().to_owned();
        let object = json!({"kind": species.kind().kind(), "metadata": {"name": "c", "namespace": "flux-system",
            "uid": "uid-1", "generation": 1, "finalizers": finalizers}, "status": status});
        let gate = Handled::new(Canary { species, deployment, shard: None }, "uid-1", "token-1");
        let snapshot = (Some(Object::new(object)), Controllers::default());
        gate.judge(&Observation { snapshot: &snapshot, unchanged_for: Duration::ZERO })
    }

    fn refusal(observed: i64, status: &str, reason: &str) -> Value {
        json!({"observedGeneration": observed, "conditions": [
            {"type": "Stalled", "status": status, "reason": reason, "observedGeneration": observed}]})
    }

    fn automation(status: Value) -> Verdict {
        judge(Species::ImageUpdateAutomation, json!(["finalizers.fluxcd.io"]), status)
    }

    #[test]
    fn image_controllers_have_canaries_only_where_they_are_listed() {
        let species = |components: &[Component]| Canary::of_components(components).len();
        assert_eq!((species(&Component::DEFAULT), species(&Component::ALL)), (8, 11));
    }

    #[test]
    fn a_suspended_repository_and_policy_are_proven_by_the_echo_and_by_nothing_less() {
        for species in [Species::ImageRepository, Species::ImagePolicy] {
            let judged = |status| judge(species.clone(), json!(["finalizers.fluxcd.io"]), status).is_proven();
            assert!(judged(json!({"observedGeneration": -1, "lastHandledReconcileAt": "token-1"})));
            assert!(!judged(json!({"observedGeneration": -1, "lastHandledReconcileAt": "token-0"})));
            assert!(!judged(json!({"observedGeneration": -1})));
            // What proves an automation proves no other.
            assert!(!judged(refusal(1, "True", REFUSED)));
        }
    }

    #[test]
    fn an_automation_is_proven_by_its_refusal_or_by_an_echo() {
        assert!(automation(refusal(1, "True", REFUSED)).is_proven());
        assert!(automation(json!({"lastHandledReconcileAt": "token-1"})).is_proven());
    }

    #[test]
    fn an_automation_with_a_finalizer_alone_or_one_that_is_worked_on_proves_no_right_to_write_its_end() {
        assert!(!automation(json!({"observedGeneration": -1})).is_proven());
        let working = json!({"observedGeneration": -1, "conditions": [{"type": "Reconciling", "status": "True",
            "reason": "Progressing", "observedGeneration": 1}]});
        assert!(!automation(working).is_proven());
    }

    #[test]
    fn a_refusal_of_another_generation_for_another_reason_or_taken_back_proves_nothing() {
        for lie in [
            refusal(-1, "True", REFUSED),
            refusal(2, "True", REFUSED),
            refusal(1, "False", REFUSED),
            refusal(1, "True", "AccessDenied"),
            json!({"observedGeneration": 1}),
        ] {
            assert!(!automation(lie.clone()).is_proven(), "{lie}");
        }
        let mut stale = refusal(1, "True", REFUSED);
        stale["conditions"][0]["observedGeneration"] = json!(0);
        assert!(!automation(stale).is_proven());
    }

    #[test]
    fn a_refused_automation_of_the_same_name_that_is_not_ours_is_refused_for_good() {
        let object = json!({"kind": "ImageUpdateAutomation", "metadata": {"name": "c", "namespace": "flux-system",
            "uid": "uid-2", "generation": 1}, "status": refusal(1, "True", REFUSED)});
        let canary = Canary {
            species: Species::ImageUpdateAutomation,
            deployment: "image-automation-controller".to_owned(),
            shard: None,
        };
        let snapshot = (Some(Object::new(object)), Controllers::default());
        let verdict = Handled::new(canary, "uid-1", "token-1")
            .judge(&Observation { snapshot: &snapshot, unchanged_for: Duration::ZERO });
        assert!(matches!(verdict, Verdict::Stuck { .. }), "{verdict}");
    }

    #[test]
    fn a_policy_of_before_flux_2_7_cannot_be_asked() {
        assert!(Species::ImagePolicy.is_answered_at("v1") && !Species::ImagePolicy.is_answered_at("v1beta2"));
        assert!(Species::ImageRepository.is_answered_at("v1beta2"));
    }
}
