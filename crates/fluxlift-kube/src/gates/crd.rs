//! A custom resource definition is served.

use fluxlift_core::{Gate, GateName, Observation, Remedy, Verdict};
use serde_json::Value;

use crate::Object;

/// Proven when the definition of that name is Established and serves a version.
#[derive(Debug, Clone)]
pub struct Established {
    name: String,
}

impl Established {
    /// The definition `name`, such as `helmreleases.helm.toolkit.fluxcd.io`.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }
}

/// The versions that a definition serves, the stored one first.
pub fn served_versions(crd: &Object) -> Vec<&str> {
    let mut served: Vec<&Value> = crd.items("/spec/versions").iter().filter(|v| v["served"] == true).collect();
    served.sort_by_key(|v| v["storage"] != true);
    served.into_iter().filter_map(|v| v["name"].as_str()).collect()
}

impl Gate for Established {
    type Snapshot = Option<Object>;

    fn name(&self) -> GateName {
        GateName::new(format!("crd/{} established", self.name))
    }

    fn judge(&self, seen: &Observation<'_, Option<Object>>) -> Verdict {
        let Some(crd) = seen.snapshot else { return Verdict::pending(format!("crd/{} does not exist yet", self.name)) };
        if crd.is_terminating() {
            return Verdict::pending(format!("crd/{} is being deleted", self.name));
        }
        if let Some(names) = crd.condition("NamesAccepted").filter(|c| c.status() == "False") {
            let act = "delete the other definition that claims these names";
            return Verdict::stuck(format!("crd/{}: {names}", self.name), Remedy::person(act));
        }
        match crd.condition("Established") {
            Some(c) if c.is_true() && served_versions(crd).is_empty() => {
                Verdict::pending(format!("crd/{} is Established but serves no version", self.name))
            }
            Some(c) if c.is_true() => Verdict::proven(crd.evidence("status.conditions[Established]=True")),
            Some(c) => Verdict::pending(format!("crd/{}: {c}", self.name)),
            None => Verdict::pending(format!("crd/{} has no Established condition yet", self.name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn judge(snapshot: &Option<Object>) -> Verdict {
        Established::new("things.example.org").judge(&Observation { snapshot, unchanged_for: Duration::ZERO })
    }

    fn crd(conditions: Value, deleted: bool) -> Option<Object> {
        let mut crd = json!({"kind": "CustomResourceDefinition", "metadata": {"name": "things.example.org"},
            "spec": {"versions": [{"name": "v1beta1", "served": true, "storage": false},
                                  {"name": "v1", "served": true, "storage": true},
                                  {"name": "v1alpha1", "served": false, "storage": false}]},
            "status": {"conditions": conditions}});
        if deleted {
            crd["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
        }
        Some(Object::new(crd))
    }

    #[test]
    fn a_definition_that_exists_is_not_yet_established() {
        assert!(!judge(&None).is_proven());
        assert!(!judge(&crd(json!([]), false)).is_proven());
        assert!(!judge(&crd(json!([{"type": "NamesAccepted", "status": "True"}]), false)).is_proven());
        assert!(judge(&crd(json!([{"type": "Established", "status": "True"}]), false)).is_proven());
    }

    #[test]
    fn an_established_definition_that_is_being_deleted_is_refused() {
        let seen = crd(json!([{"type": "Established", "status": "True"}]), true);
        assert_eq!(judge(&seen), Verdict::pending("crd/things.example.org is being deleted"));
    }

    #[test]
    fn names_that_are_taken_are_stuck_and_a_person_must_act() {
        let seen = crd(json!([{"type": "NamesAccepted", "status": "False", "reason": "ListKindConflict"}]), false);
        assert!(matches!(judge(&seen), Verdict::Stuck { remedy: Remedy::Person { .. }, .. }));
    }

    #[test]
    fn the_stored_version_comes_first_and_one_that_is_not_served_never() {
        assert_eq!(served_versions(&crd(json!([]), false).unwrap()), ["v1", "v1beta1"]);
    }
}
