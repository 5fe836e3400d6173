//! A machine's state.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use fluxlift_core::Timestamp;
use fluxlift_talos::MachineConfig;
use fluxlift_talos::config::Role;
use fluxlift_talos::proto::resource::Stage;
use serde::{Deserialize, Serialize};

use super::{Configuration, KUBERNETES_PORT, Profile, TalosFault};
use crate::machine::MachineSpec;

/// All machines that run Talos, by Proxmox's number.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Talos {
    /// The machines that were ever switched on and not destroyed.
    pub machines: BTreeMap<u32, Machine>,
    /// What goes wrong, and when.
    pub faults: Vec<TalosFault>,
    /// The clusters of etcd, by id, with their members. More than one is a split.
    pub etcd: BTreeMap<u64, BTreeMap<u64, Member>>,
    /// The shared addresses that a control plane holds.
    pub shared: BTreeSet<SocketAddr>,
}

/// A member of an etcd cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The machine it runs on.
    pub vmid: u32,
    /// Its name.
    pub hostname: String,
    /// Its address.
    pub address: Ipv4Addr,
    /// It follows without a vote yet.
    pub learner: bool,
}

/// One machine.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Machine {
    /// The machine as its hypervisor started it.
    pub spec: MachineSpec,
    /// Its UUID: another one when it is made anew.
    pub uuid: String,
    /// What survives a power cut.
    pub disk: Disk,
    /// Whether it is switched on.
    pub on: bool,
    /// Counted up at each boot: what was planned before is void.
    pub boot: u32,
    /// Counted up each time its connections break.
    pub connections: u32,
    /// What it is doing.
    pub stage: Stage,
    /// What it shows to clients; nothing answers without.
    pub server: Option<ServerIdentity>,
    /// Whether it is still in the middle of an act that others must wait for.
    pub busy: bool,
    /// Whether the container runtime is up.
    pub cri: bool,
    /// Whether the time is in sync.
    pub time_synced: bool,
    /// Whether the kubelet runs.
    pub kubelet: bool,
    /// Whether the node has registered in Kubernetes since this boot.
    pub joined: bool,
    /// Etcd, on a control plane.
    pub etcd: EtcdState,
    /// Whether its API server runs.
    pub api_server: bool,
    /// Images that were pulled.
    pub images: BTreeSet<String>,
    /// What it printed.
    pub console: Vec<ConsoleLine>,
}

/// What survives a power cut.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Disk {
    /// The configuration as it was given, once it was.
    pub config: Option<Configuration>,
    /// Whether Talos is installed.
    pub installed: bool,
    /// The etcd folder.
    pub etcd: Option<EtcdData>,
}

/// What an etcd folder holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EtcdData {
    /// The cluster.
    pub cluster: u64,
    /// The member.
    pub member: u64,
}

/// What etcd is doing on a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EtcdState {
    /// It waits to be bootstrapped or to find a cluster to join.
    #[default]
    Preparing,
    /// It starts, or joins.
    Starting,
    /// It runs.
    Running,
    /// Somebody stopped it.
    Stopped,
}

/// A server's certificate and what it asks of clients.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerIdentity {
    /// Its certificate, PEM.
    pub crt: String,
    /// Its key, PEM.
    pub key: String,
    /// The authority that clients' certificates must come from; none in maintenance, where none is asked for.
    pub client_ca: Option<String>,
}

impl std::fmt::Debug for ServerIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerIdentity").field("mutual", &self.client_ca.is_some()).finish_non_exhaustive()
    }
}

/// A line on a machine's console.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsoleLine {
    /// When.
    pub at: Timestamp,
    /// What.
    pub text: String,
}

impl Machine {
    /// A machine with an empty disk, switched off, made at `now`.
    pub fn new(spec: MachineSpec, now: Timestamp) -> Self {
        Self {
            uuid: format!("{:08x}-0000-4000-a000-{:012x}", spec.vmid, now.as_millisecond()),
            spec,
            disk: Disk::default(),
            on: false,
            boot: 0,
            connections: 0,
            stage: Stage::Unknown,
            server: None,
            busy: false,
            cri: false,
            time_synced: false,
            kubelet: false,
            joined: false,
            etcd: EtcdState::Preparing,
            api_server: false,
            images: BTreeSet::new(),
            console: Vec::new(),
        }
    }

    /// The version profile of its Talos.
    pub fn profile(&self) -> Profile {
        Profile::of(&self.spec.talos_version)
    }

    /// Its configuration, if it has one.
    pub fn config(&self) -> Option<Arc<MachineConfig>> {
        self.disk.config.as_ref().and_then(Configuration::read)
    }

    /// Its role, once it has a configuration.
    pub fn role(&self) -> Option<Role> {
        self.config()?.role()
    }

    /// Whether it is a control plane.
    pub fn is_control_plane(&self) -> bool {
        self.role() == Some(Role::ControlPlane)
    }

    /// Its host name: the configuration's, else one made from its address.
    pub fn hostname(&self) -> String {
        let configured = self.config().and_then(|c| c.hostname().map(str::to_owned));
        configured.unwrap_or_else(|| format!("talos-{}", self.spec.mac.to_ascii_lowercase().replace(':', "")))
    }

    /// Whether it waits for a configuration.
    pub fn in_maintenance(&self) -> bool {
        self.stage == Stage::Maintenance
    }

    /// Whether it answers at the Talos port.
    pub const fn answers(&self) -> bool {
        self.on && self.server.is_some()
    }

    /// Where its Kubernetes API answers when it runs.
    pub fn kubernetes_endpoint(&self) -> SocketAddr {
        SocketAddr::new(IpAddr::V4(self.spec.address), KUBERNETES_PORT)
    }

    /// Prints a line on its console.
    pub fn print(&mut self, at: Timestamp, text: impl Into<String>) {
        self.console.push(ConsoleLine { at, text: text.into() });
    }
}

impl Talos {
    /// The machine with this address, if it is switched on.
    pub fn at(&self, address: Ipv4Addr) -> Option<u32> {
        self.machines.iter().find(|(_, m)| m.on && m.spec.address == address).map(|(vmid, _)| *vmid)
    }
}
