//! Nodes and their kubelets: joining, the network, and reporting.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use fluxlift_core::Timestamp;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::conditions::{self, moment};
use super::{ControllerWake, pods};
use crate::World;
use crate::kube::{Caller, GroupResource, Key, Part};

/// How often a kubelet renews its node's Lease.
const HEARTBEAT: SignedDuration = SignedDuration::from_secs(10);
/// How long a node may be silent before it counts as unknown.
const SILENCE: SignedDuration = SignedDuration::from_secs(40);

/// The kubelet of one node.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Kubelet {
    /// The node's address.
    pub address: Ipv4Addr,
    /// When each image was pulled, or will be.
    pub images: BTreeMap<String, Timestamp>,
    /// Whether the network plug-in runs here.
    pub network: bool,
    /// How many Pods ever got an address here.
    pub pods: u32,
    /// Whether it runs.
    pub up: bool,
}

/// Registers the node `name` and starts its kubelet. The node becomes Ready when a network plug-in runs on it: a Pod
/// that mounts the host's CNI folders. `roles` are such as `control-plane`.
pub fn join(world: &mut World, name: &str, address: Ipv4Addr, roles: &[&str]) {
    let new = || Kubelet { address, images: BTreeMap::new(), network: false, pods: 0, up: true };
    let kubelet = world.controllers.kubelets.entry(name.to_owned()).or_insert_with(new);
    // After a reboot the images are still on the disk.
    (kubelet.address, kubelet.up) = (address, true);
    let key = Key::cluster(&GroupResource::NODES, name);
    if world.kube.api.get(&key).is_none() {
        let caller = Caller::controller("kubelet", world.now);
        // A name that is taken was looked for just now, and nothing else is wrong with this object.
        let _ = world.kube.api.create(&caller, &GroupResource::NODES, None, node(name, address, roles));
    }
    report(world, name);
    pods::take_up(world, name);
}

/// Stops the kubelet of `name`: its processes end at once, and after a while the node counts as unknown.
pub fn leave(world: &mut World, name: &str) {
    if let Some(kubelet) = world.controllers.kubelets.get_mut(name) {
        (kubelet.up, kubelet.network) = (false, false);
        pods::lose(world, name);
        world.agenda.after(world.now, SILENCE, ControllerWake::Node { name: name.to_owned() }.into());
    }
}

/// The network plug-in runs on `name` from now on.
pub(super) fn network_is_up(world: &mut World, name: &str) {
    if let Some(kubelet) = world.controllers.kubelets.get_mut(name) {
        kubelet.network = true;
        write_status(world, name);
    }
}

/// Whether a kubelet runs on `name`.
pub(super) fn is_up(world: &World, name: &str) -> bool {
    world.controllers.kubelets.get(name).is_some_and(|kubelet| kubelet.up)
}

/// Whether Pods with an address of their own can start on `name`.
pub(super) fn has_network(world: &World, name: &str) -> bool {
    world.controllers.kubelets.get(name).is_some_and(|kubelet| kubelet.network)
}

/// The kubelet reports, or the node's silence is noticed.
pub(super) fn report(world: &mut World, name: &str) {
    write_status(world, name);
    if is_up(world, name) {
        renew(world, name);
        world.agenda.after(world.now, HEARTBEAT, ControllerWake::Node { name: name.to_owned() }.into());
    }
}

fn write_status(world: &mut World, name: &str) {
    let now = world.now;
    let key = Key::cluster(&GroupResource::NODES, name);
    let kubelet = world.controllers.kubelets.get(name).filter(|kubelet| kubelet.up);
    let (state, address) = (kubelet.map(|kubelet| kubelet.network), kubelet.map(|kubelet| kubelet.address));
    let about = address.map(|address| about(world, name, address));
    let ready = match state {
        Some(true) => ["True", "KubeletReady", "kubelet is posting ready status"],
        Some(false) => [
            "False",
            "KubeletNotReady",
            "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady \
             message:Network plugin returns error: cni plugin not initialized",
        ],
        None => ["Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status."],
    };
    let caller = Caller::controller("kubelet", now);
    // A node that somebody deleted stays deleted until its kubelet joins anew.
    let _ = world.kube.api.modify(&caller, &key, Part::Status, |node| {
        let status = &mut node["status"];
        for (kind, reason, message) in [
            ("MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
            ("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            ("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        ] {
            set(status, now, kind, ["False", reason, message]);
        }
        set(status, now, "Ready", ready);
        for (field, value) in about.as_ref().and_then(Value::as_object).into_iter().flatten() {
            status[field] = value.clone();
        }
    });
    let _ = world.kube.api.modify(&caller, &key, Part::Object, |node| taint(node, state != Some(true)));
}

/// What a kubelet tells of the machine that it runs on.
fn about(world: &World, name: &str, address: Ipv4Addr) -> Value {
    let machine = world.machines.values().find(|machine| machine.address == address);
    let system = machine.map_or_else(|| "Talos".to_owned(), |m| format!("Talos ({})", m.talos_version));
    let (cores, memory) = machine.map_or((4, 8192), |machine| (machine.cores, machine.memory_mib));
    let room = json!({"cpu": cores.to_string(), "memory": format!("{}Ki", memory * 1024), "pods": "110"});
    json!({
        "addresses": [{"type": "InternalIP", "address": address}, {"type": "Hostname", "address": name}],
        "capacity": room, "allocatable": room,
        "nodeInfo": {"architecture": "amd64", "operatingSystem": "linux", "osImage": system,
            "kubeletVersion": world.kube.version, "kubeProxyVersion": "", "kernelVersion": "6.12.57-talos",
            "containerRuntimeVersion": "containerd://2.1.5", "machineID": "", "systemUUID": "", "bootID": ""},
    })
}

/// Conditions of nodes have a heartbeat and no generation.
fn set(status: &mut Value, now: Timestamp, kind: &str, words: [&str; 3]) {
    let same = status["conditions"].as_array().is_some_and(|list| {
        list.iter().any(|c| c["type"] == kind && c["status"] == words[0] && c["reason"] == words[1])
    });
    if same {
        return;
    }
    conditions::set(status, now, 0, kind, words);
    let written = status["conditions"].as_array_mut().and_then(|list| list.iter_mut().find(|c| c["type"] == kind));
    if let Some(map) = written.and_then(Value::as_object_mut) {
        map.remove("observedGeneration");
        map.insert("lastHeartbeatTime".to_owned(), json!(moment(now)));
    }
}

fn taint(node: &mut Value, not_ready: bool) {
    const KEY: &str = "node.kubernetes.io/not-ready";
    let mut taints: Vec<Value> =
        super::object::items(node, "/spec/taints").filter(|taint| taint["key"] != KEY).cloned().collect();
    if not_ready {
        taints.push(json!({"key": KEY, "effect": "NoSchedule"}));
    }
    match node["spec"].as_object_mut() {
        Some(spec) if taints.is_empty() => drop(spec.remove("taints")),
        Some(spec) => drop(spec.insert("taints".to_owned(), json!(taints))),
        None => node["spec"] = json!({"taints": taints}),
    }
}

fn renew(world: &mut World, name: &str) {
    let key = Key::namespaced(&GroupResource::LEASES, "kube-node-lease", name);
    let time = json!(world.now.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string());
    let caller = Caller::controller("kubelet", world.now);
    // Without its namespace there is no Lease; the next heartbeat tries again.
    let _ = if world.kube.api.get(&key).is_some() {
        world.kube.api.modify(&caller, &key, Part::Object, |lease| lease["spec"]["renewTime"] = time)
    } else {
        let lease = json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": {"name": name, "namespace": "kube-node-lease"},
            "spec": {"holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": time}});
        world.kube.api.create(&caller, &GroupResource::LEASES, None, lease)
    };
}

fn node(name: &str, address: Ipv4Addr, roles: &[&str]) -> Value {
    let range = format!("10.244.{}.0/24", address.octets()[3]);
    let mut labels = json!({"beta.kubernetes.io/arch": "amd64", "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux", "kubernetes.io/hostname": name});
    for role in roles {
        labels[format!("node-role.kubernetes.io/{role}")] = json!("");
    }
    let control_plane = roles.contains(&"control-plane");
    let taints = match control_plane {
        true => json!([{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}]),
        false => json!([]),
    };
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels},
        "spec": {"podCIDR": range, "podCIDRs": [range], "taints": taints}})
}
