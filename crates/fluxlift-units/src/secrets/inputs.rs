//! The inputs, as the tree passes them.

use fluxlift_core::{Secret, Version};
use serde::Deserialize;

/// The unit's inputs.
#[derive(Debug, Clone, Deserialize)]
pub struct Inputs {
    /// The version whose bundle format is used.
    pub talos_version: Version,
    /// A bundle to take over instead of drawing one: what `talosctl gen secrets` wrote, or the provider's
    /// `machine_secrets` as JSON.
    pub secrets_yaml: Option<Secret<String>>,
}
