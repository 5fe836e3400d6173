//! The Ready condition of Flux objects, believed only for the generation that it speaks of.

use fluxlift_kube::{Condition, Object};

/// What an object's Ready condition says of its present generation.
#[derive(Debug, Clone, Copy)]
pub enum Readiness<'a> {
    /// Ready, and of this generation.
    Ready(Condition<'a>),
    /// Not ready, or not known to be.
    NotReady(Condition<'a>),
    /// No controller has finished a pass over it: `observedGeneration` is -1 or absent, and there is no condition.
    Unobserved,
    /// What is said is about an older generation.
    Outdated {
        /// The generation that was observed.
        observed: i64,
    },
}

impl<'a> Readiness<'a> {
    /// Reads it from a Kustomization, a HelmRelease or a source: they carry `status.observedGeneration`.
    pub fn of(object: &'a Object) -> Self {
        let observed = object.number("/status/observedGeneration").unwrap_or(-1);
        match object.condition("Ready") {
            None => Self::Unobserved,
            // A failure is worth reading even before the first full pass; success is not.
            Some(ready) if !ready.is_true() => Self::NotReady(ready),
            Some(_) if observed != object.generation() => Self::Outdated { observed },
            Some(ready) => Self::Ready(ready),
        }
    }

    /// Reads it from a FluxInstance, whose status has no `observedGeneration` but that of the condition itself.
    pub fn of_instance(object: &'a Object) -> Self {
        match object.condition("Ready") {
            None => Self::Unobserved,
            Some(ready) => match ready.observed_generation() {
                Some(observed) if observed == object.generation() && ready.is_true() => Self::Ready(ready),
                Some(observed) if observed == object.generation() => Self::NotReady(ready),
                observed => Self::Outdated { observed: observed.unwrap_or(-1) },
            },
        }
    }

    /// Whether it is ready.
    pub const fn is_ready(&self) -> bool {
        matches!(self, Self::Ready(_))
    }
}

impl std::fmt::Display for Readiness<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ready(condition) | Self::NotReady(condition) => condition.fmt(f),
            Self::Unobserved => f.write_str("no controller has finished a pass over it"),
            Self::Outdated { observed } => write!(f, "only generation {observed} is observed"),
        }
    }
}

/// Whether waiting cannot help: `Stalled=True`, of this very generation.
pub fn stalled(object: &Object) -> Option<Condition<'_>> {
    let current = |stalled: &Condition<'_>| stalled.observed_generation() == Some(object.generation());
    object.condition("Stalled").filter(|stalled| stalled.is_true() && current(stalled))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(generation: i64, status: serde_json::Value) -> Object {
        Object::new(json!({"metadata": {"generation": generation}, "status": status}))
    }

    #[test]
    fn success_at_an_older_generation_is_outdated() {
        let ready = json!([{"type": "Ready", "status": "True"}]);
        let seen = object(2, json!({"observedGeneration": 1, "conditions": ready}));
        assert!(matches!(Readiness::of(&seen), Readiness::Outdated { observed: 1 }));
    }

    #[test]
    fn an_instance_is_believed_by_the_generation_inside_its_condition() {
        let seen = |observed| {
            object(2, json!({"conditions": [{"type": "Ready", "status": "True", "observedGeneration": observed}]}))
        };
        assert!(Readiness::of_instance(&seen(2)).is_ready());
        assert!(!Readiness::of_instance(&seen(1)).is_ready());
        let silent = object(2, json!({"conditions": [{"type": "Ready", "status": "True"}]}));
        assert!(!Readiness::of_instance(&silent).is_ready());
    }

    #[test]
    fn minus_one_without_a_condition_is_unobserved() {
        assert!(matches!(Readiness::of(&object(1, json!({"observedGeneration": -1}))), Readiness::Unobserved));
    }
}
