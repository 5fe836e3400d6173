//! The CustomResourceDefinitions of VolSync and of volume snapshots: our own minimal schemas.

use serde_json::Value;

/// The definitions, as their files have them.
const FILES: [&str; 4] = [
    include_str!("crds/replicationdestinations.yaml"),
    include_str!("crds/replicationsources.yaml"),
    include_str!("crds/volumesnapshots.yaml"),
    include_str!("crds/volumesnapshotclasses.yaml"),
];

/// All of them.
pub fn all() -> Vec<Value> {
    FILES.iter().filter_map(|file| serde_saphyr::from_str(file).ok()).collect()
}
