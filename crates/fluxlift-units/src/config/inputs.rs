//! The inputs, as the tree passes them.

use std::collections::BTreeMap;
use std::net::IpAddr;

use fluxlift_core::Version;
use ipnet::IpNet;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::talos_access::ClientConfiguration;

/// The unit's inputs. Fields that are not known are left to other modules.
#[derive(Debug, Clone, Deserialize)]
pub struct Inputs {
    /// The cluster's name.
    pub cluster_name: String,
    /// Where the Kubernetes API is reached.
    pub cluster_endpoint: String,
    /// The version of Talos.
    pub talos_version: Version,
    /// The version of Kubernetes.
    pub kubernetes_version: Version,
    /// The address of each node, by name.
    pub all_node_ips: BTreeMap<String, IpAddr>,
    /// Which of them are control planes.
    pub control_plane_names: Vec<String>,
    /// Shared addresses, by use; `kubernetes` is the API's.
    #[serde(default)]
    pub vips: BTreeMap<String, IpAddr>,
    /// Networks of the Pods.
    pub pod_cidrs: Vec<IpNet>,
    /// Networks of the Services.
    pub service_cidrs: Vec<IpNet>,
    /// The cluster's DNS domain.
    #[serde(default = "domain")]
    pub dns_domain: String,
    /// DNS servers of the machines.
    #[serde(default)]
    pub dns_servers: Vec<String>,
    /// Time servers of the machines.
    #[serde(default)]
    pub ntp_servers: Vec<String>,
    /// The machines' gateway.
    pub gateway: Option<IpAddr>,
    /// The length of the machines' network prefix; without one the addresses stay as the platform gives them.
    pub prefix_length: Option<u8>,
    /// The MTU of the machines' network.
    pub mtu: Option<u32>,
    /// MAC addresses by name, to pick the NIC by; without one the physical NIC is meant.
    #[serde(default)]
    pub mac_addresses: BTreeMap<String, String>,
    /// The disk that Talos is installed on.
    pub install_disk: String,
    /// The installer's image.
    pub install_image: String,
    /// Kernel arguments.
    #[serde(default)]
    pub kernel_args: Vec<String>,
    /// Extensions that the image must have; they come with it, so they change nothing here.
    #[serde(default)]
    pub extensions: Vec<String>,
    /// Patches.
    #[serde(default)]
    pub patches: Patches,
    /// The secrets bundle, in the provider's shape.
    pub machine_secrets: Json,
    /// The administrator's identity.
    pub client_configuration: ClientConfiguration,
}

/// Strategic merge patches as YAML, for all machines, for a role, and for single machines.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Patches {
    /// For all.
    pub cluster: Vec<String>,
    /// For the control planes.
    pub control_plane: Vec<String>,
    /// For the workers.
    pub worker: Vec<String>,
    /// For single machines, by name.
    pub nodes: BTreeMap<String, Vec<String>>,
}

fn domain() -> String {
    "cluster.local".to_owned()
}
