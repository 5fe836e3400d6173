//! A machine as its hypervisor starts it: what Proxmox hands over to the operating system's model.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use crate::{World, talos};

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

/// What a hypervisor does to a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Power {
    /// It is switched on, with what was written to its disk before, if anything was.
    On(MachineSpec),
    /// Its power is cut. Its disk keeps what was written to it.
    Off {
        /// Proxmox's number for it.
        vmid: u32,
    },
    /// It is destroyed, its disk with it. It was off before.
    Destroyed {
        /// Proxmox's number for it.
        vmid: u32,
    },
}

impl World {
    /// Does this to a machine. The operating system's model takes it from here.
    pub fn power(&mut self, event: Power) {
        talos::power(self, &event);
        match event {
            Power::On(machine) => {
                self.machines.insert(machine.vmid, machine);
            }
            Power::Off { vmid } | Power::Destroyed { vmid } => {
                self.machines.remove(&vmid);
            }
        }
        self.changes += 1;
    }
}
