//! VolSync and the classes of a storage, installed in a world as a chart would.

use serde_json::{Value, json};

use super::definitions;
use crate::World;
use crate::kube::{Caller, Part, Patch, Status};

/// The image of the fork that has a Kopia mover.
const IMAGE: &str = "ghcr.io/perfectra1n/volsync:v0.17.11";
/// The name of the storage class and of the class for snapshots.
pub const CLASS: &str = "csi-sim";

/// Installs the definitions, VolSync itself in `volsync-system`, and a storage class with its class for snapshots.
///
/// # Errors
/// Those of the API.
pub fn install(world: &mut World) -> Result<(), Status> {
    for definition in definitions::all() {
        apply(world, definition)?;
    }
    apply(world, json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "volsync-system"}}))?;
    let metadata = json!({"name": "volsync", "namespace": "volsync-system"});
    apply(world, json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}))?;
    let labels = json!({"app.kubernetes.io/name": "volsync", "app.kubernetes.io/instance": "volsync"});
    apply(
        world,
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {"replicas": 1,
            "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels},
                "spec": {"serviceAccountName": "volsync", "containers": [{"name": "manager", "image": IMAGE,
                    "args": ["--leader-elect"]}]}}}}),
    )?;
    storage_class(world)
}

/// Installs the storage class.
///
/// # Errors
/// Those of the API.
pub fn storage_class(world: &mut World) -> Result<(), Status> {
    apply(
        world,
        json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "provisioner": "csi.sim.fluxlift.dev",
            "metadata": {"name": CLASS, "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
            "volumeBindingMode": "Immediate"}),
    )
}

/// Installs the class for snapshots, whose kind is served only once its definition is Established.
///
/// # Errors
/// Those of the API.
pub fn snapshot_class(world: &mut World) -> Result<(), Status> {
    apply(
        world,
        json!({"apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshotClass",
            "metadata": {"name": CLASS}, "driver": "csi.sim.fluxlift.dev", "deletionPolicy": "Delete"}),
    )
}

/// Applies an object as whoever installs things does.
///
/// # Errors
/// Those of the API; 404 for a kind that is not served.
pub fn apply(world: &mut World, config: Value) -> Result<(), Status> {
    let key = world.kube.api.key_of(&config).ok_or_else(Status::no_such_path)?;
    let caller = Caller::controller("installer", world.now);
    world.kube.api.patch(&caller, &key, &Patch::Apply { config, force: true }, Part::Object).map(drop)
}
