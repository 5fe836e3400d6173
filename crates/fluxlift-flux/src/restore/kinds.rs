//! The kinds of storage that every way of restoring looks at.

use fluxlift_kube::Kind;

/// `PersistentVolumeClaim`
pub const CLAIM: Kind = Kind::namespaced("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims");
/// `PersistentVolume`
pub const VOLUME: Kind = Kind::cluster("", "v1", "PersistentVolume", "persistentvolumes");
