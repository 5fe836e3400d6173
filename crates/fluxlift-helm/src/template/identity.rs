//! Which release is rendered.

use fluxlift_core::{Namespace, ReleaseName};
use serde_json::{Value, json};

/// What `.Release` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseIdentity {
    /// The release's name.
    pub name: ReleaseName,
    /// Its namespace.
    pub namespace: Namespace,
    /// The revision that it is rendered for, from 1.
    pub revision: u32,
    /// Whether there was a revision before.
    pub is_upgrade: bool,
}

impl ReleaseIdentity {
    /// The release `name` in `namespace`, installed for the first time.
    pub const fn first(name: ReleaseName, namespace: Namespace) -> Self {
        Self { name, namespace, revision: 1, is_upgrade: false }
    }

    /// The same release at another revision.
    #[must_use]
    pub const fn at(mut self, revision: u32, is_upgrade: bool) -> Self {
        self.revision = revision;
        self.is_upgrade = is_upgrade;
        self
    }

    pub(super) fn values(&self) -> Value {
        json!({
            "Name": self.name.as_str(),
            "Namespace": self.namespace.as_str(),
            "Revision": self.revision,
            "IsInstall": !self.is_upgrade,
            "IsUpgrade": self.is_upgrade,
            "Service": "Helm",
        })
    }
}
