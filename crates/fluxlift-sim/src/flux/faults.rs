//! What can be broken on purpose: faults are data.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::controllers::Program;
use crate::kube::Key;

/// What is broken in the Flux of a world. Change it at any time; it counts from the next moment on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Faults {
    /// Programs whose caches take so much longer to sync: held between "Pod Ready" and "caches synced".
    pub held: BTreeMap<Program, Duration>,
    /// Programs that stand still, as after SIGSTOP: their Pods stay Ready.
    pub frozen: BTreeSet<Program>,
    /// Programs whose processes never get their Lease.
    pub not_leading: BTreeSet<Program>,
    /// Programs that may write objects, but not their status.
    pub without_status_rights: BTreeSet<Program>,
    /// How the way to source-controller is broken.
    pub path: PathFault,
    /// Sources whose next fetches fail, and how many.
    pub failing_sources: BTreeMap<Key, u32>,
    /// Releases whose next Helm actions fail, and how many.
    pub failing_releases: BTreeMap<Key, u32>,
}

/// How the way from helm- and kustomize-controller to source-controller is broken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PathFault {
    /// It is not.
    #[default]
    None,
    /// Connections are refused: the Service has no endpoint.
    Refused,
    /// Packets vanish: a NetworkPolicy drops them.
    BlackHole,
    /// The name does not resolve: DNS is down.
    NoSuchName,
}

impl Faults {
    /// How much longer `program` takes until its caches have synced.
    pub(crate) fn hold(&self, program: Program) -> SignedDuration {
        let held = self.held.get(&program).copied().unwrap_or_default();
        held.try_into().unwrap_or(SignedDuration::MAX)
    }

    /// Whether `program` stands still.
    pub(crate) fn is_frozen(&self, program: Program) -> bool {
        self.frozen.contains(&program)
    }

    /// Whether `program` never gets its Lease.
    pub(crate) fn keeps_from_leading(&self, program: Program) -> bool {
        self.not_leading.contains(&program)
    }

    /// Whether `program` may not write status.
    pub(crate) fn may_not_write_status(&self, program: Program) -> bool {
        self.without_status_rights.contains(&program)
    }

    /// Whether this fetch of `source` fails; counts it.
    pub(crate) fn fails_source(&mut self, source: &Key) -> bool {
        count_down(&mut self.failing_sources, source)
    }

    /// Whether this Helm action on `release` fails; counts it.
    pub(crate) fn fails_release(&mut self, release: &Key) -> bool {
        count_down(&mut self.failing_releases, release)
    }
}

fn count_down(left: &mut BTreeMap<Key, u32>, key: &Key) -> bool {
    match left.get_mut(key) {
        Some(0) | None => false,
        Some(count) => {
            *count -= 1;
            true
        }
    }
}
