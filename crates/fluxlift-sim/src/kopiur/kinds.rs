//! The kinds of kopiur.

use crate::kube::GroupResource;

/// `restores.kopiur.home-operations.com`
pub const RESTORES: GroupResource = GroupResource::known("kopiur.home-operations.com", "restores");
/// `snapshotpolicies.kopiur.home-operations.com`
pub const POLICIES: GroupResource = GroupResource::known("kopiur.home-operations.com", "snapshotpolicies");
/// `snapshotschedules.kopiur.home-operations.com`
pub const SCHEDULES: GroupResource = GroupResource::known("kopiur.home-operations.com", "snapshotschedules");
/// `snapshots.kopiur.home-operations.com`
pub const SNAPSHOTS: GroupResource = GroupResource::known("kopiur.home-operations.com", "snapshots");
