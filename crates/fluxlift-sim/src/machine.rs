//! A machine as its hypervisor starts it: what Proxmox hands over to the operating system's model.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

/// What a virtual machine is, seen from the inside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineSpec {
    /// Proxmox's number for it.
    pub vmid: u32,
    /// Its name in Proxmox.
    pub name: String,
    /// The Proxmox host that runs it.
    pub host: String,
    /// The static address that its first NIC gets.
    pub address: Ipv4Addr,
    /// The MAC address of its first NIC.
    pub mac: String,
    /// Cores.
    pub cores: u32,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// The Talos version of the image it boots.
    pub talos_version: String,
}
