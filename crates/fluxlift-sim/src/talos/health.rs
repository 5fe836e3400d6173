//! The health of the cluster as a control plane sees it: what `talosctl health` waits for, in Talos's order and words.
//!
//! A real node waits for each of these until it holds. This one looks once: it tells of all that hold, and refuses with the
//! first that does not.

use fluxlift_talos::proto::cluster::HealthCheckProgress;
use fluxlift_talos::proto::resource::Stage;
use prost::Message;
use serde_json::Value;
use tonic::Code;

use super::grpc::{Answer, Refusal};
use super::machine::EtcdState;
use super::{Machine, Talos};
use crate::World;
use crate::controllers::conditions;
use crate::controllers::object::flag;
use crate::kube::GroupResource;

/// The memory that Talos demands of a control plane; a worker needs half of it.
const MEMORY_MIB: u64 = 2048;

/// What a check has seen.
enum Seen {
    Fine,
    /// There is nothing to check.
    Skipped,
    Wrong(String),
}

type Check = fn(&World) -> Seen;

/// Talos's checks. A simulated machine has one disk of the right size, and no diagnostics: those two have nothing to find.
const CHECKS: [(&str, Check); 16] = [
    ("etcd to be healthy", etcd_runs),
    ("etcd members to be consistent across nodes", etcd_is_one),
    ("etcd members to be control plane nodes", etcd_is_the_control_planes),
    ("apid to be ready", |world| all(world, "does not answer", Machine::answers)),
    ("all nodes memory sizes", memory),
    ("all nodes disk sizes", |_| Seen::Fine),
    ("no diagnostics", |_| Seen::Fine),
    ("kubelet to be healthy", |world| all(world, "has no kubelet", |machine| machine.kubelet)),
    ("all nodes to finish boot sequence", |world| {
        all(world, "is not running yet", |machine| machine.stage == Stage::Running)
    }),
    ("all k8s nodes to report", nodes_reported),
    ("all control plane static pods to be running", api_servers),
    ("all control plane components to be ready", api_servers),
    ("all k8s nodes to report ready", |world| nodes(world, "is not ready", |node| conditions::is_true(node, "Ready"))),
    ("kube-proxy to report ready", |world| workload(world, &GroupResource::DAEMON_SETS, "kube-proxy")),
    ("coredns to report ready", |world| workload(world, &GroupResource::DEPLOYMENTS, "kube-dns")),
    ("all k8s nodes to report schedulable", |world| {
        nodes(world, "is not schedulable", |node| !flag(node, "/spec/unschedulable"))
    }),
];

/// Looks at everything, and tells.
pub(super) fn check(world: &World, vmid: u32) -> Result<Answer, Refusal> {
    let own = world.talos.machines.get(&vmid).filter(|machine| machine.is_control_plane());
    if own.is_none() {
        return Err(Refusal::new(Code::Unimplemented, "health is told by control plane nodes only"));
    }
    let addresses: Vec<String> =
        on(&world.talos).map(|machine| format!("{:?}", machine.spec.address.to_string())).collect();
    let mut lines = vec![format!("discovered nodes: [{}]", addresses.join(" "))];
    for (what, check) in CHECKS {
        lines.push(format!("waiting for {what}: ..."));
        match check(world) {
            Seen::Fine => lines.push(format!("waiting for {what}: OK")),
            Seen::Skipped => lines.push(format!("waiting for {what}: SKIP")),
            Seen::Wrong(why) => {
                return Err(Refusal::new(Code::DeadlineExceeded, format!("waiting for {what}: {why}")));
            }
        }
    }
    let piece = |message| HealthCheckProgress { metadata: None, message }.encode_to_vec();
    Ok(Answer::Messages(lines.into_iter().map(piece).collect()))
}

fn on(talos: &Talos) -> impl Iterator<Item = &Machine> {
    talos.machines.values().filter(|machine| machine.on)
}

fn control_planes(world: &World) -> impl Iterator<Item = &Machine> {
    on(&world.talos).filter(|machine| machine.is_control_plane())
}

fn all(world: &World, otherwise: &str, test: impl Fn(&Machine) -> bool) -> Seen {
    match on(&world.talos).find(|machine| !test(machine)) {
        Some(machine) => Seen::Wrong(format!("{} {otherwise}", machine.spec.address)),
        None => Seen::Fine,
    }
}

fn etcd_runs(world: &World) -> Seen {
    match control_planes(world).find(|machine| machine.etcd != EtcdState::Running) {
        Some(machine) => Seen::Wrong(format!("{}: etcd is not running", machine.spec.address)),
        None => Seen::Fine,
    }
}

fn etcd_is_one(world: &World) -> Seen {
    let mut clusters: Vec<u64> = control_planes(world).filter_map(|m| m.disk.etcd.map(|data| data.cluster)).collect();
    clusters.dedup();
    match clusters.len() {
        1 => Seen::Fine,
        count => Seen::Wrong(format!("there are {count} etcd clusters")),
    }
}

fn etcd_is_the_control_planes(world: &World) -> Seen {
    let mut members = world.talos.etcd.values().flat_map(|members| members.values());
    match members.find(|member| !control_planes(world).any(|machine| machine.spec.address == member.address)) {
        Some(member) => Seen::Wrong(format!("etcd member {} is no control plane", member.address)),
        None => Seen::Fine,
    }
}

fn memory(world: &World) -> Seen {
    let needs = |machine: &Machine| if machine.is_control_plane() { MEMORY_MIB } else { MEMORY_MIB / 2 };
    all(world, "does not meet memory requirements", |machine| machine.spec.memory_mib >= needs(machine))
}

fn nodes_reported(world: &World) -> Seen {
    let registered: Vec<&Value> = world.kube.api.list(&GroupResource::NODES, None).collect();
    let reported = |machine: &Machine| registered.iter().any(|node| node["metadata"]["name"] == machine.hostname());
    all(world, "has not reported", reported)
}

fn nodes(world: &World, otherwise: &str, test: impl Fn(&Value) -> bool) -> Seen {
    match world.kube.api.list(&GroupResource::NODES, None).find(|node| !test(node)) {
        Some(node) => Seen::Wrong(format!("node {} {otherwise}", node["metadata"]["name"])),
        None => Seen::Fine,
    }
}

/// The API server stands for all of the control plane's Pods: the others are not modelled as Pods of machines.
fn api_servers(world: &World) -> Seen {
    match control_planes(world).find(|machine| !machine.api_server) {
        Some(machine) => Seen::Wrong(format!("{}: kube-apiserver is not running", machine.spec.address)),
        None => Seen::Fine,
    }
}

/// A workload of `kube-system` with this label, where there is one.
fn workload(world: &World, gr: &GroupResource, app: &str) -> Seen {
    let mut found = world.kube.api.list(gr, Some("kube-system"));
    let Some(found) = found.find(|object| object["metadata"]["labels"]["k8s-app"] == app) else { return Seen::Skipped };
    let status = &found["status"];
    let counts = [["desiredNumberScheduled", "numberReady"], ["replicas", "readyReplicas"]];
    let short = counts.iter().any(|[wanted, ready]| status[wanted].is_number() && status[wanted] != status[ready]);
    if short { Seen::Wrong(format!("{app} is not ready")) } else { Seen::Fine }
}
