//! The classes that a restore's volumes and snapshots are made by.

use fluxlift_core::{Evidence, Gate, GateName, Observation, Verdict};
use fluxlift_kube::Collection;

use super::super::{CopyMethod, Destination};

/// By these annotations a class says that it is for those that name none.
const DEFAULTS: [&str; 2] =
    ["storageclass.kubernetes.io/is-default-class", "snapshot.storage.kubernetes.io/is-default-class"];

/// Proven when every class that the destination names exists, and a default one for what it leaves open.
#[derive(Debug, Clone)]
pub struct ClassesExist {
    destination: Destination,
}

impl ClassesExist {
    /// The classes of `destination`.
    pub const fn of(destination: Destination) -> Self {
        Self { destination }
    }
}

impl Gate for ClassesExist {
    /// The storage classes, then those of snapshots.
    type Snapshot = Vec<Collection>;

    fn name(&self) -> GateName {
        GateName::new(format!("classes of {}/{} exist", self.destination.namespace, self.destination.name))
    }

    fn judge(&self, seen: &Observation<'_, Vec<Collection>>) -> Verdict {
        let none = Collection::default();
        let storage = seen.snapshot.first().unwrap_or(&none);
        let snapshots = seen.snapshot.get(1).unwrap_or(&none);
        let mut found = Vec::new();
        for name in &self.destination.classes {
            match storage.get(None, name) {
                Some(class) => found.push(class.title()),
                None => return Verdict::pending(format!("storageclass/{name} does not exist")),
            }
        }
        if self.destination.default_class && default(storage).is_none() {
            return Verdict::pending("no storage class is the default one, and the destination names none");
        }
        if self.destination.copy == CopyMethod::Snapshot {
            match &self.destination.snapshot_class {
                Some(name) if snapshots.get(None, name).is_none() => {
                    return Verdict::pending(format!("volumesnapshotclass/{name} does not exist"));
                }
                Some(name) => found.push(format!("volumesnapshotclass/{name}")),
                None if default(snapshots).is_none() => {
                    return Verdict::pending(
                        "no volume snapshot class is the default one, and the destination names none",
                    );
                }
                None => found.push("the default class of snapshots".to_owned()),
            }
        }
        found.dedup();
        Verdict::proven(Evidence::new(
            "classes",
            if found.is_empty() { "the default ones".into() } else { found.join(", ") },
        ))
    }
}

fn default(classes: &Collection) -> Option<&fluxlift_kube::Object> {
    classes.iter().find(|class| DEFAULTS.iter().any(|key| class.annotation(key) == Some("true")))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use fluxlift_kube::Object;
    use serde_json::{Value, json};

    use super::*;

    fn judge(kopia: Value, storage: &[Value], snapshots: &[Value]) -> Verdict {
        let object = Object::new(json!({"metadata": {"name": "a", "namespace": "apps"}, "spec": {"kopia": kopia}}));
        let gate = ClassesExist::of(Destination::of(&object).unwrap());
        let all = |list: &[Value]| list.iter().cloned().map(Object::new).collect::<Collection>();
        let snapshot = vec![all(storage), all(snapshots)];
        gate.judge(&Observation { snapshot: &snapshot, unchanged_for: Duration::ZERO })
    }

    fn class(kind: &str, name: &str, default: bool) -> Value {
        let key = if kind == "StorageClass" { DEFAULTS[0] } else { DEFAULTS[1] };
        json!({"kind": kind, "metadata": {"name": name, "annotations": {key: default.to_string()}}})
    }

    #[test]
    fn a_class_that_is_named_and_not_there_is_named() {
        let (storage, snapshots) =
            ([class("StorageClass", "ceph", false)], [class("VolumeSnapshotClass", "ceph", false)]);
        let named = json!({"storageClassName": "ceph", "volumeSnapshotClassName": "ceph"});
        assert!(judge(named, &storage, &snapshots).is_proven());
        let wrong =
            json!({"storageClassName": "ceph", "cacheStorageClassName": "local", "volumeSnapshotClassName": "ceph"});
        assert_eq!(judge(wrong, &storage, &snapshots), Verdict::pending("storageclass/local does not exist"));
        let wrong = json!({"storageClassName": "ceph", "volumeSnapshotClassName": "csi"});
        assert_eq!(judge(wrong, &storage, &snapshots), Verdict::pending("volumesnapshotclass/csi does not exist"));
    }

    #[test]
    fn what_is_left_open_needs_a_default_and_a_direct_restore_needs_no_snapshots() {
        let (storage, snapshots) = (class("StorageClass", "ceph", true), class("VolumeSnapshotClass", "ceph", true));
        assert!(judge(json!({}), std::slice::from_ref(&storage), &[snapshots]).is_proven());
        assert!(!judge(json!({}), &[storage], &[]).is_proven());
        assert!(!judge(json!({"volumeSnapshotClassName": "x"}), &[], &[]).is_proven());
        assert!(judge(json!({"copyMethod": "Direct", "destinationPVC": "a"}), &[], &[]).is_proven());
    }
}
