//! What was broken in kopiur on purpose, and in the storage below it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::kube::Key;

/// What is broken in kopiur and in the storage below it. Volumes and repositories are VolSync's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kopiur {
    /// Restores whose movers fail.
    pub failing: BTreeSet<Key>,
    /// Restores that do not say which snapshot they restored.
    pub unpinned: BTreeSet<Key>,
    /// Whether the storage gives a claim a volume of its own although it names a Restore.
    pub ignores_populators: bool,
}
