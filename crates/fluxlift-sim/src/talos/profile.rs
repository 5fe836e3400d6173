//! What differs between versions of Talos.

use serde::{Deserialize, Serialize};

/// A version, as far as it changes behaviour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    minor: u32,
}

impl Profile {
    /// The profile of a version such as `v1.12.0`; anything unknown counts as 1.12.
    pub fn of(version: &str) -> Self {
        let mut parts = version.trim_start_matches('v').split('.');
        let minor = parts.nth(1).and_then(|minor| minor.parse().ok()).unwrap_or(12);
        Self { minor }
    }

    /// A worker answers a bootstrap with FailedPrecondition; later versions say Unimplemented.
    pub const fn bootstrap_on_a_worker_is_a_precondition(self) -> bool {
        self.minor <= 11
    }

    /// Applying with a reboot is gone outside of maintenance.
    pub const fn refuses_reboot_mode(self) -> bool {
        self.minor >= 14
    }

    /// Which kinds of documents it does not know yet.
    pub fn knows_document(self, kind: &str) -> bool {
        match kind {
            "HostnameConfig" => self.minor >= 12,
            "KubeSpanConfig" => self.minor >= 13,
            _ => true,
        }
    }
}
