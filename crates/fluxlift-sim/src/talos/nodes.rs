//! Registering nodes: what a kubelet writes first.

use std::net::Ipv4Addr;

use serde_json::json;

use crate::World;
use crate::kube::{Caller, GroupResource, Key};

/// Registers the node `name`, not Ready.
pub(super) fn join(world: &mut World, name: &str, address: Ipv4Addr, roles: &[&str]) {
    let key = Key::cluster(&GroupResource::NODES, name);
    if world.kube.api.get(&key).is_none() {
        let labels: serde_json::Map<_, _> =
            roles.iter().map(|role| (format!("node-role.kubernetes.io/{role}"), json!(""))).collect();
        let node = json!({"metadata": {"name": name, "labels": labels},
            "status": {"addresses": [{"type": "InternalIP", "address": address.to_string()}]}});
        let caller = Caller::controller("kubelet", world.now);
        let _ = world.kube.api.create(&caller, &GroupResource::NODES, None, node);
    }
}

/// The node's kubelet stopped.
pub(super) fn leave(world: &mut World, name: &str) {
    let _ = (world, name);
}
