//! A virtual machine as Proxmox sees it.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::machine::MachineSpec;
use crate::proxmox::property::Property;

/// A virtual machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guest {
    /// The host that it is on.
    pub host: String,
    /// Its configuration, normalised.
    pub config: BTreeMap<String, String>,
    /// What waits for its next start; `None` deletes the key.
    pub pending: BTreeMap<String, Option<String>>,
    /// Whether it runs.
    pub running: bool,
    /// What holds it, such as `create`.
    pub lock: Option<String>,
    /// The image that it boots from the first time.
    pub image: Option<String>,
}

/// What changes at once although the machine runs.
const AT_ONCE: [&str; 8] = ["name", "tags", "onboot", "description", "agent", "boot", "net", "ipconfig"];

impl Guest {
    /// A number that changes with the configuration.
    pub fn digest(&self) -> String {
        let text: String = self.config.iter().map(|(key, value)| format!("{key}: {value}\n")).collect();
        Sha256::digest(text).iter().take(20).map(|byte| format!("{byte:02x}")).collect()
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> &str {
        self.config.get(key).map_or("", String::as_str)
    }

    /// Sets or deletes a key. Of a running machine some keys wait for its next start.
    pub fn change(&mut self, key: &str, value: Option<String>) {
        let plain = key.trim_end_matches(|c: char| c.is_ascii_digit());
        if self.running && !AT_ONCE.contains(&plain) {
            let same = self.config.get(key) == value.as_ref();
            if same {
                self.pending.remove(key);
            } else {
                self.pending.insert(key.to_owned(), value);
            }
            return;
        }
        self.apply(key, value);
    }

    /// Does what waited for the next start.
    pub fn apply_pending(&mut self) {
        for (key, value) in std::mem::take(&mut self.pending) {
            self.apply(&key, value);
        }
    }

    fn apply(&mut self, key: &str, value: Option<String>) {
        match value {
            Some(value) => self.config.insert(key.to_owned(), value),
            None => self.config.remove(key),
        };
    }

    /// The machine from the inside; `None` when it has nothing to boot from or no static address.
    pub fn machine(&self, vmid: u32) -> Option<MachineSpec> {
        let image = self.image.as_deref()?;
        let address =
            Property::read(self.get("ipconfig0")).keys.get("ip")?.split('/').next()?.parse::<Ipv4Addr>().ok()?;
        let card = Property::read(self.get("net0"));
        let mac = card.keys.values().find(|value| value.matches(':').count() == 5)?;
        Some(MachineSpec {
            vmid,
            name: self.get("name").to_owned(),
            host: self.host.clone(),
            address,
            mac: mac.clone(),
            cores: self.get("cores").parse().unwrap_or(1),
            memory_mib: self.get("memory").parse().unwrap_or(512),
            talos_version: version_in(image).unwrap_or_else(|| "v1.12.0".to_owned()),
        })
    }
}

/// The version that a file's name carries: `talos-v1.12.0-nocloud-amd64.raw`.
fn version_in(name: &str) -> Option<String> {
    let mut parts = name.rsplit('/').next()?.split(['-', '_']);
    parts.find(|part| part.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))).map(
        |part| {
            let numbers = part.trim_end_matches(|c: char| !c.is_ascii_digit());
            numbers.to_owned()
        },
    )
}
