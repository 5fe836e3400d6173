//! What the models of Flux keep besides the objects of the API.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Faults;
use super::storage::Stored;

/// The state of Flux outside the API.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Flux {
    /// What was broken on purpose.
    pub faults: Faults,
    /// The artifacts in source-controller's storage, by their address.
    pub storage: BTreeMap<String, Stored>,
}
