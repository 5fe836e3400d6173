//! The tree's inputs and patches, as the specification of configurations.

use fluxlift_core::NodeName;
use fluxlift_engine::unit::UnitError;
use fluxlift_talos::config::{ClusterSpec, ConfigError, Contract, Interface, NodeSpec, Patch, Role};
use fluxlift_talos::yaml::Node;
use ipnet::IpNet;

use super::Inputs;
use crate::talos_access::TalosInputError;

/// What all machines share.
///
/// # Errors
/// When the version is not known or a patch is not readable.
pub fn cluster(inputs: &Inputs) -> Result<ClusterSpec, UnitError> {
    let read = |level: &str, texts: &[String]| -> Result<Vec<Patch>, ConfigError> {
        texts.iter().enumerate().map(|(n, text)| Patch::parse(format!("{level} patch {}", n + 1), text)).collect()
    };
    let mut patches = vec![servers(inputs)?];
    patches.extend(read("cluster", &inputs.patches.cluster)?);
    Ok(ClusterSpec {
        name: inputs.cluster_name.clone(),
        endpoint: inputs.cluster_endpoint.clone(),
        contract: Contract::of(&inputs.talos_version)?,
        kubernetes: inputs.kubernetes_version.clone(),
        pod_subnets: inputs.pod_cidrs.clone(),
        service_subnets: inputs.service_cidrs.clone(),
        dns_domain: inputs.dns_domain.clone(),
        patches,
        control_plane_patches: read("control plane", &inputs.patches.control_plane)?,
        worker_patches: read("worker", &inputs.patches.worker)?,
    })
}

/// DNS and time servers, as a patch of our own before the user's.
fn servers(inputs: &Inputs) -> Result<Patch, ConfigError> {
    let list = |items: &[String]| Node::list(items.iter().map(String::as_str));
    let mut machine = Node::map();
    if !inputs.dns_servers.is_empty() {
        machine.set("network", Node::of([("nameservers", list(&inputs.dns_servers))]));
    }
    if !inputs.ntp_servers.is_empty() {
        machine.set("time", Node::of([("servers", list(&inputs.ntp_servers))]));
    }
    Patch::of("DNS and time servers", vec![Node::of([("machine", machine)])])
}

/// Every machine, control planes first as they come by name.
///
/// # Errors
/// When a name, an address or a patch is not usable.
pub fn nodes(inputs: &Inputs) -> Result<Vec<NodeSpec>, UnitError> {
    for name in inputs.patches.nodes.keys().chain(&inputs.control_plane_names).chain(inputs.mac_addresses.keys()) {
        if !inputs.all_node_ips.contains_key(name) {
            return Err(TalosInputError::input("patches or names", format!("there is no node {name}")).into());
        }
    }
    if inputs.control_plane_names.is_empty() {
        return Err(TalosInputError::input("control_plane_names", "a cluster needs a control plane").into());
    }
    inputs.all_node_ips.keys().map(|name| node(inputs, name)).collect()
}

fn node(inputs: &Inputs, name: &str) -> Result<NodeSpec, UnitError> {
    let control_plane = inputs.control_plane_names.iter().any(|n| n == name);
    let own = inputs.patches.nodes.get(name).map(Vec::as_slice).unwrap_or_default();
    let patches: Result<Vec<Patch>, ConfigError> =
        own.iter().enumerate().map(|(n, text)| Patch::parse(format!("patch {} of {name}", n + 1), text)).collect();
    Ok(NodeSpec {
        name: NodeName::new(name).map_err(|e| TalosInputError::input("all_node_ips", e.to_string()))?,
        role: if control_plane { Role::ControlPlane } else { Role::Worker },
        install_disk: inputs.install_disk.clone(),
        installer_image: inputs.install_image.clone(),
        kernel_args: inputs.kernel_args.clone(),
        interface: interface(inputs, name, control_plane)?,
        patches: patches?,
    })
}

/// The machine's interface; `None` when there is nothing to say of it.
fn interface(inputs: &Inputs, name: &str, control_plane: bool) -> Result<Option<Interface>, UnitError> {
    let addresses = match (inputs.all_node_ips.get(name), inputs.prefix_length) {
        (Some(address), Some(length)) => {
            let net = IpNet::new(*address, length);
            vec![net.map_err(|_| TalosInputError::input("prefix_length", format!("{length} does not fit {address}")))?]
        }
        _ => vec![],
    };
    let interface = Interface {
        mac: inputs.mac_addresses.get(name).cloned(),
        gateway: inputs.gateway.filter(|_| !addresses.is_empty()),
        addresses,
        mtu: inputs.mtu,
        vip: inputs.vips.get("kubernetes").copied().filter(|_| control_plane),
    };
    let empty = interface.addresses.is_empty() && interface.mtu.is_none() && interface.vip.is_none();
    Ok((!empty).then_some(interface))
}
