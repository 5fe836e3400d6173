//! An object is gone.

use fluxlift_core::{Evidence, Gate, GateName, Observation, Verdict};

use crate::{Object, ObjectRef};

/// Proven when the object of that name is gone, or another one has taken its name.
#[derive(Debug, Clone)]
pub struct Gone {
    target: ObjectRef,
    uid: String,
}

impl Gone {
    /// `object`, which is being deleted.
    pub fn new(target: ObjectRef, uid: impl Into<String>) -> Self {
        Self { target, uid: uid.into() }
    }
}

impl Gate for Gone {
    type Snapshot = Option<Object>;

    fn name(&self) -> GateName {
        GateName::new(format!("{} gone", self.target))
    }

    fn judge(&self, seen: &Observation<'_, Option<Object>>) -> Verdict {
        let Some(object) = seen.snapshot else {
            return Verdict::proven(Evidence::new(self.target.to_string(), "absent").with_uid(self.uid.clone()));
        };
        if object.uid() != self.uid {
            return Verdict::proven(object.evidence(format!("metadata.uid is no longer {}", self.uid)));
        }
        let held: Vec<_> = object.finalizers().collect();
        match (object.is_terminating(), held.as_slice()) {
            (false, _) => Verdict::pending(format!("{} has not been asked to go", self.target)),
            (true, []) => Verdict::pending(format!("{} is terminating", self.target)),
            (true, held) => Verdict::pending(format!("{} is held by finalizers {}", self.target, held.join(", "))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::kind::SECRET;

    #[test]
    fn a_terminating_object_is_not_gone_and_its_finalizers_are_named() {
        let gate = Gone::new(ObjectRef::namespaced(SECRET, "a", "b"), "u1");
        let judge = |snapshot: &Option<Object>| gate.judge(&Observation { snapshot, unchanged_for: Duration::ZERO });
        let object = |uid| {
            Some(Object::new(json!({"kind": "Secret", "metadata": {"name": "b", "namespace": "a", "uid": uid,
                "deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["x/y"]}})))
        };
        assert_eq!(judge(&object("u1")), Verdict::pending("secret/a/b is held by finalizers x/y"));
        assert!(judge(&object("u2")).is_proven());
        assert!(judge(&None).is_proven());
    }
}
