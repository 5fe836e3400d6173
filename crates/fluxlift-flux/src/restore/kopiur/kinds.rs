//! The kinds of kopiur.

use fluxlift_kube::Kind;

/// `Restore`
pub const RESTORE: Kind = Kind::namespaced("kopiur.home-operations.com", "v1alpha1", "Restore", "restores");
/// `SnapshotPolicy`
pub const POLICY: Kind =
    Kind::namespaced("kopiur.home-operations.com", "v1alpha1", "SnapshotPolicy", "snapshotpolicies");
/// `SnapshotSchedule`
pub const SCHEDULE: Kind =
    Kind::namespaced("kopiur.home-operations.com", "v1alpha1", "SnapshotSchedule", "snapshotschedules");
/// `Snapshot`
pub const SNAPSHOT: Kind = Kind::namespaced("kopiur.home-operations.com", "v1alpha1", "Snapshot", "snapshots");
/// Where a SnapshotSchedule says that it is to stand still. A policy that is suspended is backed up all the same.
pub const SUSPENDED: &str = "/spec/schedule/suspend";
