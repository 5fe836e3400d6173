//! A destination with its claim, volume and image, as the tests of a decision see them.

use fluxlift_kube::{Collection, Object};
use serde_json::{Value, json};

use super::Destination;
use super::backing::Around;
use super::decide::decide;
use super::images::{Images, image};
use crate::restore::Action;

pub(super) const GOOD: &str = "Snapshot restore completed";
pub(super) const EMPTY: &str = "No eligible snapshots found";

pub(super) fn destination(spec: Value, logs: &str) -> Object {
    let mut spec = spec;
    spec["trigger"] = json!({"manual": "once"});
    if spec["kopia"].is_null() {
        spec["kopia"] = json!({"repository": "s"});
    }
    Object::new(json!({"kind": "ReplicationDestination", "metadata": {"name": "app-dst", "namespace": "apps"},
        "spec": spec, "status": {"lastManualSync": "once", "lastSyncTime": "2026-01-01T00:00:00Z",
            "latestImage": {"name": "i"}, "latestMoverStatus": {"result": "Successful", "logs": logs}}}))
}

pub(super) fn claim(phase: &str) -> Object {
    Object::new(json!({"kind": "PersistentVolumeClaim", "metadata": {"name": "app", "namespace": "apps", "uid": "u"},
        "spec": {"dataSourceRef": {"apiGroup": "volsync.backube", "kind": "ReplicationDestination", "name": "app-dst"}},
        "status": {"phase": phase}}))
    .with(
        "spec",
        json!({"volumeName": "pv", "dataSourceRef":
        {"apiGroup": "volsync.backube", "kind": "ReplicationDestination", "name": "app-dst"}}),
    )
}

pub(super) fn volume(made: &str) -> Collection {
    let volume = Object::new(json!({"kind": "PersistentVolume", "spec": {"claimRef": {"uid": "u"}},
        "metadata": {"name": "pv", "creationTimestamp": made}}));
    [volume].into_iter().collect()
}

pub(super) fn decided(object: &Object, claims: &[Object]) -> Action {
    decided_with(object, claims, &volume("2026-01-01T00:00:05Z"))
}

pub(super) fn decided_with(object: &Object, claims: &[Object], volumes: &Collection) -> Action {
    let snapshot = Object::new(json!({"kind": "VolumeSnapshot", "metadata": {"name": "i", "namespace": "apps"},
        "status": {"readyToUse": true, "restoreSize": "5Gi"}}));
    decided_among(object, claims, (&[], volumes), Ok(Some(snapshot)))
}

pub(super) fn decided_among(
    object: &Object,
    claims: &[Object],
    (others, volumes): (&[Object], &Collection),
    snapshot: Result<Option<Object>, String>,
) -> Action {
    let destination = Destination::of(object).unwrap();
    let all: Collection = claims.iter().chain(others).cloned().collect();
    let images = Images::from([(image(&destination, "i"), snapshot)]);
    decide(object, &destination, claims, Around { claims: &all, volumes, images: &images })
}
