//! A machine's name and network, in the place where its contract wants them.

use super::{Contract, Interface, NodeSpec};
use crate::yaml::Node;

/// The documents that name the machine; before Talos 1.12 the name goes into the main one.
pub(super) fn name(node: &NodeSpec, contract: Contract) -> Vec<Node> {
    let name = Node::from(node.name.as_str());
    if contract.has_network_documents() {
        vec![Node::of([
            ("apiVersion", Node::from("v1alpha1")),
            ("kind", Node::from("HostnameConfig")),
            ("auto", Node::from("off")),
            ("hostname", name),
        ])]
    } else {
        vec![Node::of([("machine", Node::of([("network", Node::of([("hostname", name)]))]))])]
    }
}

/// The interface, as a patch to the main document.
pub(super) fn interface(wanted: &Interface) -> Node {
    let selector = wanted
        .mac
        .as_ref()
        .map_or_else(|| Node::of([("physical", true)]), |mac| Node::of([("hardwareAddr", mac.to_ascii_lowercase())]));
    let mut interface = Node::of([("deviceSelector", selector)]);
    if !wanted.addresses.is_empty() {
        interface.set("addresses", Node::list(wanted.addresses.iter().map(ToString::to_string)));
        interface.set("dhcp", false);
    }
    if let Some(gateway) = wanted.gateway {
        let all = if gateway.is_ipv6() { "::/0" } else { "0.0.0.0/0" };
        let route = Node::of([("network", all.to_owned()), ("gateway", gateway.to_string())]);
        interface.set("routes", Node::list([route]));
    }
    if let Some(mtu) = wanted.mtu {
        interface.set("mtu", i64::from(mtu));
    }
    if let Some(vip) = wanted.vip {
        interface.set("vip", Node::of([("ip", vip.to_string())]));
    }
    let network = Node::of([("interfaces", Node::list([interface]))]);
    Node::of([("machine", Node::of([("network", network)]))])
}
