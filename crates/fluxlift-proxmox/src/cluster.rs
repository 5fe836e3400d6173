//! What the cluster says of itself: its version, its hosts and the guests on them.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::vm::Tags;
use crate::{Proxmox, ProxmoxError};

/// The server's version.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct VersionInfo {
    /// Such as `9.0.3`.
    pub version: String,
    /// Such as `9.0`.
    pub release: String,
}

/// A host of the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct HostStatus {
    /// Its name.
    pub node: String,
    /// `online`, `offline` or `unknown`.
    pub status: String,
}

/// A guest anywhere in the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Guest {
    /// Its number, unique in the cluster over machines and containers.
    pub vmid: u32,
    /// `qemu` or `lxc`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The host that it is on.
    pub node: String,
    /// Its name; absent for a moment while it is created.
    #[serde(default)]
    pub name: String,
    /// `running`, `stopped`, or `unknown` when its host does not answer.
    #[serde(default)]
    pub status: String,
    /// What holds it, such as `create` or `backup`.
    pub lock: Option<String>,
    tags: Option<String>,
}

impl Guest {
    /// Its tags.
    pub fn tags(&self) -> BTreeSet<String> {
        Tags::parse(self.tags.as_deref().unwrap_or_default()).0
    }

    /// The guest as errors name it: `vm 101011 "solcp01" on pve01`.
    pub fn describe(&self) -> String {
        let kind = if self.kind == "lxc" { "container" } else { "vm" };
        format!("{kind} {} {:?} on {}", self.vmid, self.name, self.node)
    }
}

impl Proxmox {
    /// The server's version; any known user may ask, so it also shows that the credentials work.
    ///
    /// # Errors
    /// When the server does not answer or does not know us.
    pub async fn version(&self) -> Result<VersionInfo, ProxmoxError> {
        self.get(&["version"], &[]).await
    }

    /// The hosts of the cluster.
    ///
    /// # Errors
    /// When the server refuses to say.
    pub async fn hosts(&self) -> Result<Vec<HostStatus>, ProxmoxError> {
        self.get(&["nodes"], &[]).await
    }

    /// Every guest of the cluster that we may see, machines and containers.
    ///
    /// # Errors
    /// When the server refuses to say.
    pub async fn guests(&self) -> Result<Vec<Guest>, ProxmoxError> {
        self.get(&["cluster", "resources"], &[("type", "vm")]).await
    }
}
