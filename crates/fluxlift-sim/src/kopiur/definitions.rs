//! The CustomResourceDefinitions of kopiur: our own minimal schemas.

use serde_json::Value;

/// The definitions, as their files have them.
const FILES: [&str; 4] = [
    include_str!("crds/restores.yaml"),
    include_str!("crds/snapshotpolicies.yaml"),
    include_str!("crds/snapshotschedules.yaml"),
    include_str!("crds/snapshots.yaml"),
];

/// All of them.
pub fn all() -> Vec<Value> {
    FILES.iter().filter_map(|file| serde_saphyr::from_str(file).ok()).collect()
}
