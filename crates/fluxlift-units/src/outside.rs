//! What units may use of the outside world.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use fluxlift_core::Clock;
use fluxlift_engine::hooks::HookRunner;
use fluxlift_net::Dial;

/// What units may use of the outside world: nothing else reaches it.
#[derive(Clone)]
pub struct Outside {
    /// Where connections come from.
    pub dial: Arc<dyn Dial>,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// A seed for keys and names; `None` draws from the system, as real clusters do.
    pub seed: Option<u64>,
    /// What runs the user's own scripts.
    pub scripts: Arc<dyn HookRunner>,
    /// The environment, as it was when the program started.
    pub env: BTreeMap<String, String>,
}

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outside").field("seed", &self.seed).finish_non_exhaustive()
    }
}
