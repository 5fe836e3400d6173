//! The inputs, as the tree passes them.

use std::collections::BTreeMap;

use fluxlift_core::Secret;
use fluxlift_engine::unit::UnitError;
use fluxlift_net::Authority;
use fluxlift_talos::MachineConfig;
use fluxlift_talos::client::{Access, Fingerprint};
use fluxlift_talos::secrets::ClientIdentity;
use serde::Deserialize;

use super::trust::Trust;
use crate::talos_access::{ClientConfiguration, TalosInputError, identity};

/// The unit's inputs.
#[derive(Debug, Clone, Deserialize)]
pub struct Inputs {
    /// Each machine's configuration, by name.
    pub machine_configs: BTreeMap<String, Secret<String>>,
    /// The machines.
    pub all_node_names: Vec<String>,
    /// Their addresses, by name.
    pub all_node_ips: BTreeMap<String, String>,
    /// The administrator's identity.
    pub client_configuration: Option<ClientConfiguration>,
    /// The same, as a talosconfig.
    pub talosconfig: Option<Secret<String>>,
    /// The public keys of machines in maintenance, by name, as their consoles print them.
    #[serde(default)]
    pub node_fingerprints: BTreeMap<String, Fingerprint>,
    /// What to believe of a machine that is not pinned.
    #[serde(default)]
    pub maintenance_trust: Trust,
}

/// A machine and what it should run.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its name.
    pub name: String,
    /// Its API.
    pub api: Authority,
    /// What it should run.
    pub config: MachineConfig,
    /// Its pin.
    pub pin: Option<Fingerprint>,
}

impl Inputs {
    /// The administrator's identity.
    ///
    /// # Errors
    /// When it is not there or not usable.
    pub fn identity(&self) -> Result<ClientIdentity, UnitError> {
        Ok(identity(self.client_configuration.as_ref(), self.talosconfig.as_ref())?)
    }

    /// The machines in the tree's order.
    ///
    /// # Errors
    /// When one lacks its address or its configuration.
    pub fn targets(&self) -> Result<Vec<Target>, UnitError> {
        self.all_node_names.iter().map(|name| self.target(name)).collect()
    }

    fn target(&self, name: &str) -> Result<Target, UnitError> {
        let lacks = |input: &str| TalosInputError::input(input, format!("it has no entry for {name}"));
        let address = self.all_node_ips.get(name).ok_or_else(|| lacks("all_node_ips"))?;
        let config = self.machine_configs.get(name).ok_or_else(|| lacks("machine_configs"))?;
        Ok(Target {
            name: name.to_owned(),
            api: Access::api(address.as_str()),
            config: MachineConfig::parse(config.expose())?,
            pin: self.node_fingerprints.get(name).copied(),
        })
    }
}
