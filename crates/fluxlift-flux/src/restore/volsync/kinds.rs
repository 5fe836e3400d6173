//! The kinds of VolSync, and of storage that only it uses.

use fluxlift_kube::Kind;

/// `ReplicationDestination`
pub const DESTINATION: Kind =
    Kind::namespaced("volsync.backube", "v1alpha1", "ReplicationDestination", "replicationdestinations");
/// `ReplicationSource`
pub const SOURCE: Kind = Kind::namespaced("volsync.backube", "v1alpha1", "ReplicationSource", "replicationsources");
/// Where a ReplicationSource says that it is to stand still.
pub const PAUSED: &str = "/spec/paused";
/// `VolumeSnapshot`
pub const SNAPSHOT: Kind = Kind::namespaced("snapshot.storage.k8s.io", "v1", "VolumeSnapshot", "volumesnapshots");
/// `VolumeSnapshotClass`
pub const SNAPSHOT_CLASS: Kind =
    Kind::cluster("snapshot.storage.k8s.io", "v1", "VolumeSnapshotClass", "volumesnapshotclasses");
/// `StorageClass`
pub const STORAGE_CLASS: Kind = Kind::cluster("storage.k8s.io", "v1", "StorageClass", "storageclasses");
