//! The image can be used.

use fluxlift_core::{Gate, GateName, Observation, Remedy, Verdict};
use fluxlift_kube::Object;

/// Proven when the VolumeSnapshot is ready to use and has a size.
///
/// A destination names its image as soon as it is bound, which is before there is anything to read in it.
#[derive(Debug, Clone)]
pub struct ImageReady {
    path: String,
    /// The UID of the destination that it was made for.
    owner: String,
}

impl ImageReady {
    /// The VolumeSnapshot `name` of `destination`.
    pub fn of(destination: &Object, name: &str) -> Self {
        let path = format!("{}/{name}", destination.namespace().unwrap_or_default());
        Self { path, owner: destination.uid().to_owned() }
    }
}

/// Whether a quantity, as Kubernetes writes it, is more than nothing.
fn is_something(quantity: &str) -> bool {
    let digits: String = quantity.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    digits.parse::<f64>().is_ok_and(|number| number > 0.0)
}

impl Gate for ImageReady {
    type Snapshot = Option<Object>;

    fn name(&self) -> GateName {
        GateName::new(format!("image {} ready", self.path))
    }

    fn judge(&self, seen: &Observation<'_, Option<Object>>) -> Verdict {
        let Some(image) = seen.snapshot else {
            return Verdict::pending(format!("volumesnapshot {} is not there", self.path));
        };
        let owners = image.items("/metadata/ownerReferences");
        if !owners.is_empty() && !owners.iter().any(|owner| owner["uid"] == self.owner.as_str()) {
            let act = "find out who makes snapshots of that name";
            return Verdict::stuck(format!("{} was made for somebody else", image.title()), Remedy::person(act));
        }
        if image.is_terminating() {
            let act = "run the restore again: somebody is deleting its image";
            return Verdict::stuck(format!("{} is being deleted", image.title()), Remedy::person(act));
        }
        if !image.flag("/status/readyToUse") {
            let error = image.text("/status/error/message").map(|text| format!(": {text}")).unwrap_or_default();
            return Verdict::pending(format!("{} is not ready to use{error}", image.title()));
        }
        match image.text("/status/restoreSize") {
            Some(size) if is_something(size) => {
                Verdict::proven(image.evidence(format!("status.readyToUse=true, restoreSize={size}")))
            }
            Some(size) => {
                let act = "see what the storage's snapshot driver says of it";
                Verdict::stuck(format!("{} is ready to use with a size of {size}", image.title()), Remedy::person(act))
            }
            None => Verdict::pending(format!("{} is ready to use and has no size yet", image.title())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;

    fn judge(owner: &str, status: Value) -> Verdict {
        let snapshot =
            Some(Object::new(json!({"kind": "VolumeSnapshot", "metadata": {"name": "i", "namespace": "apps",
            "ownerReferences": [{"uid": owner}]}, "status": status})));
        let gate = ImageReady { path: "apps/i".to_owned(), owner: "u1".to_owned() };
        gate.judge(&Observation { snapshot: &snapshot, unchanged_for: Duration::ZERO })
    }

    #[test]
    fn a_bound_snapshot_that_is_not_ready_is_refused() {
        let bound = json!({"boundVolumeSnapshotContentName": "c", "readyToUse": false, "restoreSize": "5Gi"});
        assert!(!judge("u1", bound).is_proven());
        assert!(judge("u1", json!({"readyToUse": true, "restoreSize": "5Gi"})).is_proven());
    }

    #[test]
    fn a_ready_snapshot_without_a_size_is_refused() {
        assert!(matches!(judge("u1", json!({"readyToUse": true, "restoreSize": "0"})), Verdict::Stuck { .. }));
        assert!(!judge("u1", json!({"readyToUse": true})).is_proven());
        assert!(is_something("0.5Gi") && !is_something("0Gi") && !is_something("much"));
    }

    #[test]
    fn a_snapshot_of_somebody_else_is_refused() {
        assert!(matches!(judge("u2", json!({"readyToUse": true, "restoreSize": "5Gi"})), Verdict::Stuck { .. }));
    }
}
