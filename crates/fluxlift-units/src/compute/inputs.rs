//! The inputs, as the tree passes them.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use fluxlift_core::{Secret, Version};
use fluxlift_proxmox::vm::MacAddress;
use ipnet::{Ipv4Net, Ipv6Net};
use serde::Deserialize;

/// The unit's inputs. Fields that are not known are left to other modules.
#[derive(Debug, Clone, Deserialize)]
pub struct Inputs {
    /// The cluster's number.
    pub cluster_id: u32,
    /// The cluster's name; one of the tags of its machines.
    pub cluster_name: String,
    /// The machines by name.
    pub nodes: BTreeMap<String, Node>,
    /// The network that they live in.
    pub ip_config: IpSettings,
    /// The network that their cards are on, and what later units need of it.
    pub network: NetworkSettings,
    /// The Proxmox cluster.
    pub proxmox: ProxmoxSettings,
    /// What the machines have in common.
    #[serde(default)]
    pub vm_defaults: VmDefaults,
    /// The image that they start from: `storage:import/…` for a disk, `storage:iso/…` for a CD.
    pub talos_image_file_id: String,
    /// From where the image is fetched when it is missing.
    pub talos_image_url: Option<String>,
    /// The SHA-256 that the fetched image must have.
    pub talos_image_sha256: Option<String>,
    /// The version of Talos in the image.
    pub talos_version: Version,
    /// The version of Kubernetes to be.
    pub kubernetes_version: String,
}

/// One machine.
#[derive(Debug, Clone, Deserialize)]
pub struct Node {
    /// What it is for.
    pub role: Role,
    /// Its number in Proxmox.
    pub vm_id: u32,
    /// The host that it is made on.
    pub proxmox_node: String,
    /// Its address.
    pub ip: Ipv4Addr,
    /// Its IPv6 address.
    pub ipv6: Option<Ipv6Addr>,
    /// The MAC address of its first card; derived from the cluster's and its own number when absent.
    pub mac_address: Option<MacAddress>,
    /// Cores.
    pub cpu_cores: u32,
    /// Memory in MiB.
    pub memory_mb: u64,
    /// Disk in GiB.
    pub disk_gb: u64,
    /// PCI devices passed through.
    #[serde(default)]
    pub pci: Vec<PciInput>,
    /// USB devices passed through.
    #[serde(default)]
    pub usb: Vec<UsbInput>,
}

/// What a machine is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// It runs etcd and the API server.
    #[serde(alias = "controlplane")]
    ControlPlane,
    /// It runs workloads.
    Worker,
}

/// A PCI device passed through: `mapping`, or `address`, which only `root@pam` with its password may use.
#[derive(Debug, Clone, Deserialize)]
pub struct PciInput {
    /// The resource mapping's name.
    pub mapping: Option<String>,
    /// The raw address.
    #[serde(alias = "pci_address")]
    pub address: Option<String>,
    /// As PCI Express.
    #[serde(default = "yes")]
    pub pcie: bool,
    /// Whether its ROM is shown to the guest.
    #[serde(default = "yes")]
    pub rombar: bool,
    /// Whether it is the primary graphics card.
    #[serde(default)]
    pub x_vga: bool,
}

/// A USB device passed through.
#[derive(Debug, Clone, Deserialize)]
pub struct UsbInput {
    /// The resource mapping's name.
    pub mapping: String,
    /// As USB 3.
    #[serde(default = "yes")]
    pub usb3: bool,
}

/// The network that the machines live in.
#[derive(Debug, Clone, Deserialize)]
pub struct IpSettings {
    /// Its IPv4 range.
    pub network: Ipv4Net,
    /// Its IPv6 range.
    pub network_ipv6: Option<Ipv6Net>,
    /// Its gateway.
    pub gateway: Option<Ipv4Addr>,
    /// Its IPv6 gateway.
    pub gateway_ipv6: Option<Ipv6Addr>,
    /// DNS servers.
    #[serde(default)]
    pub dns_servers: Vec<String>,
}

/// The cards' network, and what later units need of it.
#[derive(Debug, Clone, Deserialize)]
pub struct NetworkSettings {
    /// The bridge or SDN network.
    pub bridge: String,
    /// The VLAN on the bridge.
    pub vlan: Option<u16>,
    /// The MTU.
    pub mtu: Option<u16>,
    /// The API server's virtual address.
    pub vip: Option<Ipv4Addr>,
    /// The range of the pods.
    pub pod_cidr: Option<String>,
    /// The range of the services.
    pub service_cidr: Option<String>,
}

/// The Proxmox cluster and how to reach it. What is absent is looked for in `PROXMOX_VE_*`.
#[derive(Debug, Clone, Deserialize)]
pub struct ProxmoxSettings {
    /// The API, `https://host:8006`.
    pub endpoint: Option<String>,
    /// `user@realm!name=uuid`.
    pub api_token: Option<Secret<String>>,
    /// A user, instead of a token.
    pub username: Option<String>,
    /// The user's password.
    pub password: Option<Secret<String>>,
    /// The file with the cluster's authority.
    pub ca_file: Option<String>,
    /// The SHA-256 of the server's certificate, instead of an authority.
    pub fingerprint: Option<String>,
    /// Whether anybody is believed to be the server. Never the default.
    #[serde(default)]
    pub insecure: bool,
    /// The hosts.
    #[serde(default)]
    pub nodes: Vec<String>,
    /// The storage of disks, EFI variables and cloud-init drives.
    pub datastore_id: String,
}

/// What the machines have in common.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct VmDefaults {
    /// Firmware.
    pub bios: String,
    /// Machine type.
    pub machine: String,
    /// CPU type.
    pub cpu_type: String,
    /// Tags beside ours.
    pub tags: Vec<String>,
    /// Whether the image has the guest agent's extension.
    pub agent: bool,
}

impl Default for VmDefaults {
    fn default() -> Self {
        let text = |s: &str| s.to_owned();
        Self { bios: text("ovmf"), machine: text("q35"), cpu_type: text("host"), tags: Vec::new(), agent: false }
    }
}

const fn yes() -> bool {
    true
}
