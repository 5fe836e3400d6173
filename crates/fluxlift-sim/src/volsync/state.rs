//! What volumes and repositories hold: what the API does not know.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::kube::Key;

/// How long a mover works, unless somebody says otherwise.
const MOVING: SignedDuration = SignedDuration::from_secs(30);

/// The data of the cluster's volumes and of the repositories that they are backed up to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct VolSync {
    /// The snapshots of each repository, by its place and then by identity (`user@host`): how many bytes each has.
    pub repositories: BTreeMap<String, BTreeMap<String, Vec<u64>>>,
    /// How many bytes each volume holds, by its handle.
    pub volumes: BTreeMap<String, u64>,
    /// How many bytes each VolumeSnapshot holds.
    pub images: BTreeMap<Key, u64>,
    /// How long a mover works.
    pub moving: SignedDuration,
    /// What was broken on purpose.
    pub faults: Faults,
}

impl Default for VolSync {
    fn default() -> Self {
        Self {
            repositories: BTreeMap::new(),
            volumes: BTreeMap::new(),
            images: BTreeMap::new(),
            moving: MOVING,
            faults: Faults::default(),
        }
    }
}

/// What is broken in VolSync and in the storage below it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Faults {
    /// Objects whose movers leave no logs.
    pub silent: BTreeSet<Key>,
    /// Objects whose next movers fail, and how many.
    pub failing: BTreeMap<Key, u32>,
    /// What is wrong with the snapshots of volumes.
    pub snapshots: SnapshotFault,
    /// Whether a mover fails that finds no snapshot, as those of some releases do.
    #[serde(default)]
    pub strict: bool,
}

/// What is wrong with the snapshots of volumes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SnapshotFault {
    /// Nothing.
    #[default]
    None,
    /// They are bound and never ready to use.
    NeverReady,
    /// They are ready to use and have no size.
    Sizeless,
}

impl VolSync {
    /// The snapshot that would be restored: the newest of `identity` in the repository at `place`.
    pub fn newest(&self, place: &str, identity: &str) -> Option<u64> {
        self.repositories.get(place)?.get(identity)?.last().copied()
    }

    /// Puts a snapshot into a repository.
    pub fn back_up(&mut self, place: &str, identity: &str, bytes: u64) {
        self.repositories.entry(place.to_owned()).or_default().entry(identity.to_owned()).or_default().push(bytes);
    }
}

impl Faults {
    /// Whether this mover of `object` fails; counts it.
    pub(super) fn fails(&mut self, object: &Key) -> bool {
        match self.failing.get_mut(object) {
            Some(0) | None => false,
            Some(count) => {
                *count -= 1;
                true
            }
        }
    }
}
