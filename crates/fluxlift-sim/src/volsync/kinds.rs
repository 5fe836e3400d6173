//! The kinds of VolSync and of volume snapshots.

use crate::kube::GroupResource;

/// `replicationdestinations.volsync.backube`
pub const DESTINATIONS: GroupResource = GroupResource::known("volsync.backube", "replicationdestinations");
/// `replicationsources.volsync.backube`
pub const SOURCES: GroupResource = GroupResource::known("volsync.backube", "replicationsources");
/// `volumesnapshots.snapshot.storage.k8s.io`
pub const SNAPSHOTS: GroupResource = GroupResource::known("snapshot.storage.k8s.io", "volumesnapshots");
