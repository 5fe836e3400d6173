//! What kind of datacenter it is: the dials that a person may turn.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How the world behaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// The seed of everything random in the world.
    pub seed: u64,
    /// How long helm-controller's caches take to sync after its process started; the other Flux controllers, which list
    /// less, take half a second at most.
    pub cache_sync: Duration,
    /// How long one request takes on the wire.
    pub latency: Duration,
    /// How long a CustomResourceDefinition takes to be Established.
    pub crd_establish: Duration,
    /// How many times faster than real ones Proxmox's tasks, Talos's machines, kubelets, storage and the work of controllers are.
    /// More than 1 is for tests on the real clock.
    pub haste: i32,
    /// Images that take so long to pull, whatever they are: by a part of their names.
    #[serde(default)]
    pub pulls: BTreeMap<String, Duration>,
    /// Releases, as `namespace/name`, whose charts have an object of a kind that not every cluster has: its group and kind, as
    /// `gateway.networking.k8s.io/Gateway`.
    #[serde(default)]
    pub needs: BTreeMap<String, String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            cache_sync: Duration::from_secs(5),
            latency: Duration::from_millis(2),
            crd_establish: Duration::from_millis(300),
            haste: 1,
            pulls: BTreeMap::new(),
            needs: BTreeMap::new(),
        }
    }
}
