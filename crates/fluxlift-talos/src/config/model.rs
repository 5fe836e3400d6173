//! The small typed model that configurations are generated from.

use std::net::IpAddr;

use fluxlift_core::{NodeName, Version};
use ipnet::IpNet;

use super::{Contract, Patch};

/// What a machine is in its cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Runs etcd and the control plane of Kubernetes.
    ControlPlane,
    /// Runs workloads.
    Worker,
}

impl Role {
    /// `controlplane` or `worker`, as the machine configuration says it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::ControlPlane => "controlplane",
            Self::Worker => "worker",
        }
    }
}

/// What all machines of a cluster share.
#[derive(Debug, Clone)]
pub struct ClusterSpec {
    /// The cluster's name.
    pub name: String,
    /// Where the Kubernetes API is reached, such as `https://127.101.0.10:6443`.
    pub endpoint: String,
    /// The version contract of its Talos.
    pub contract: Contract,
    /// The version of Kubernetes.
    pub kubernetes: Version,
    /// Networks of the Pods, in order; with both families IPv6 comes first where the nodes prefer it.
    pub pod_subnets: Vec<IpNet>,
    /// Networks of the Services, in the same order.
    pub service_subnets: Vec<IpNet>,
    /// The DNS domain of the cluster.
    pub dns_domain: String,
    /// Patches for every machine.
    pub patches: Vec<Patch>,
    /// Patches for the control planes, after those.
    pub control_plane_patches: Vec<Patch>,
    /// Patches for the workers, after those.
    pub worker_patches: Vec<Patch>,
}

/// One machine.
#[derive(Debug, Clone)]
pub struct NodeSpec {
    /// Its host name.
    pub name: NodeName,
    /// Its role.
    pub role: Role,
    /// The disk it is installed on.
    pub install_disk: String,
    /// The installer image.
    pub installer_image: String,
    /// Kernel arguments beyond the installer's own.
    pub kernel_args: Vec<String>,
    /// Its network interface; `None` leaves the network as the platform gives it.
    pub interface: Option<Interface>,
    /// Patches for this machine alone, after all others.
    pub patches: Vec<Patch>,
}

/// How a machine is connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// The MAC address that picks the NIC; without one the first physical NIC is meant.
    pub mac: Option<String>,
    /// Its addresses with their prefixes; empty leaves them as the platform gives them.
    pub addresses: Vec<IpNet>,
    /// The default gateway.
    pub gateway: Option<IpAddr>,
    /// The MTU.
    pub mtu: Option<u32>,
    /// The address that the control planes share.
    pub vip: Option<IpAddr>,
}
