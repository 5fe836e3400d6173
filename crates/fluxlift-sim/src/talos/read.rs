//! What a machine tells of itself.

use std::collections::BTreeMap;

use fluxlift_talos::proto::machine::{
    EtcdMember, EtcdMemberListResponse, EtcdMemberStatus, EtcdMembers, EtcdStatus, EtcdStatusResponse, FeaturesInfo,
    FileInfo, FilesRequest, LogsRequest, PlatformInfo, ServiceEvents, ServiceHealth, ServiceInfo, ServiceList,
    ServiceListResponse, Version, VersionInfo, VersionResponse,
};
use fluxlift_talos::proto::resource::{
    Address, GetRequest, GetResponse, ListRequest, ListResponse, MACHINE_CONFIG, MACHINE_STATUS, MachineConfigSpec,
    MachineStatusSpec, Readiness, Resource, ResourceMetadata, ResourceSpec, SYSTEM_INFORMATION, Stage,
    SystemInformationSpec, UnmetCondition,
};
use fluxlift_talos::proto::shared::Data;
use fluxlift_talos::yaml::Node;
use prost::Message;
use tonic::Code;

use super::answer::decoded;
use super::definitions;
use super::dispatch::Call;
use super::grpc::{Answer, Refusal};
use super::machine::EtcdState;
use super::{Machine, machine::Member};
use crate::World;
use crate::kube::{GroupResource, Key};

/// Where definitions are; each has an id of its own.
const DEFINITION: Address = Address { namespace: definitions::NAMESPACE, r#type: definitions::TYPE, id: "" };

fn machine(world: &World, vmid: u32) -> Result<&Machine, Refusal> {
    world.talos.machines.get(&vmid).ok_or_else(|| Refusal::new(Code::Unavailable, "the machine is gone"))
}

pub(super) fn version(world: &World, vmid: u32, call: &Call<'_>) -> Result<Answer, Refusal> {
    let machine = machine(world, vmid)?;
    let message = Version {
        metadata: call.metadata.clone(),
        version: Some(VersionInfo {
            tag: machine.spec.talos_version.clone(),
            os: "linux".to_owned(),
            arch: "amd64".to_owned(),
            ..VersionInfo::default()
        }),
        platform: Some(PlatformInfo { name: "nocloud".to_owned(), mode: "cloud".to_owned() }),
        features: Some(FeaturesInfo { rbac: true }),
    };
    Ok(Answer::one(&VersionResponse { messages: vec![message] }))
}

pub(super) fn services(world: &World, vmid: u32, call: &Call<'_>) -> Result<Answer, Refusal> {
    let machine = machine(world, vmid)?;
    let service = |id: &str, state: &str| ServiceInfo {
        id: id.to_owned(),
        state: state.to_owned(),
        // It is empty, but never missing: talosctl takes that for granted.
        events: Some(ServiceEvents::default()),
        health: Some(ServiceHealth {
            unknown: state != "Running",
            healthy: state == "Running",
            ..ServiceHealth::default()
        }),
    };
    let up = |running: bool| if running { "Running" } else { "Waiting" };
    let mut services =
        vec![service("apid", "Running"), service("containerd", "Running"), service("cri", up(machine.cri))];
    if machine.is_control_plane() {
        let etcd = match machine.etcd {
            EtcdState::Preparing if !machine.cri => "Waiting",
            EtcdState::Preparing | EtcdState::Starting => "Preparing",
            EtcdState::Stopped => "Finished",
            EtcdState::Running => "Running",
        };
        services.push(service("etcd", etcd));
        services.push(service("trustd", "Running"));
    }
    services.extend([
        service("kubelet", up(machine.kubelet)),
        service("machined", "Running"),
        service("udevd", "Running"),
    ]);
    let message = ServiceList { metadata: call.metadata.clone(), services };
    Ok(Answer::one(&ServiceListResponse { messages: vec![message] }))
}

/// The members of the cluster that this machine's etcd belongs to.
fn members(world: &World, vmid: u32) -> Result<(u64, &BTreeMap<u64, Member>), Refusal> {
    let machine = machine(world, vmid)?;
    if !machine.is_control_plane() {
        return Err(Refusal::new(Code::Unimplemented, "member list is only available on control plane nodes"));
    }
    let data = machine.disk.etcd.filter(|_| machine.etcd == EtcdState::Running);
    let found = data.and_then(|d| Some((d.member, world.talos.etcd.get(&d.cluster)?)));
    found.ok_or_else(|| Refusal::new(Code::Unavailable, "etcd is not running: connection refused"))
}

pub(super) fn etcd_members(world: &World, vmid: u32, call: &Call<'_>) -> Result<Answer, Refusal> {
    let (_, members) = members(world, vmid)?;
    let member = |(id, m): (&u64, &Member)| EtcdMember {
        id: *id,
        hostname: m.hostname.clone(),
        peer_urls: vec![format!("https://{}:2380", m.address)],
        client_urls: vec![format!("https://{}:2379", m.address)],
        is_learner: m.learner,
    };
    let message = EtcdMembers {
        metadata: call.metadata.clone(),
        legacy_members: members.values().map(|m| m.hostname.clone()).collect(),
        members: members.iter().map(member).collect(),
    };
    Ok(Answer::one(&EtcdMemberListResponse { messages: vec![message] }))
}

pub(super) fn etcd_status(world: &World, vmid: u32, call: &Call<'_>) -> Result<Answer, Refusal> {
    let (own, members) = members(world, vmid)?;
    let leader = members.iter().find(|(_, m)| !m.learner).map_or(0, |(id, _)| *id);
    let status = EtcdMemberStatus {
        member_id: own,
        protocol_version: "3.6.5".to_owned(),
        db_size: 20 << 20,
        db_size_in_use: 8 << 20,
        leader,
        raft_term: 2,
        is_learner: members.get(&own).is_some_and(|m| m.learner),
        ..EtcdMemberStatus::default()
    };
    let message = EtcdStatus { metadata: call.metadata.clone(), member_status: Some(status) };
    Ok(Answer::one(&EtcdStatusResponse { messages: vec![message] }))
}

pub(super) fn logs(world: &World, vmid: u32, call: &Call<'_>) -> Result<Answer, Refusal> {
    let request: LogsRequest = decoded(call)?;
    let machine = machine(world, vmid)?;
    if request.id != "machined" {
        return Err(Refusal::new(Code::NotFound, format!("log {:?} was not registered", request.id)));
    }
    let lines: Vec<_> = machine.console.iter().map(|line| format!("{} {}\n", line.at, line.text)).collect();
    let from = usize::try_from(request.tail_lines).map_or(0, |tail| lines.len().saturating_sub(tail));
    let piece = |line: &String| Data { metadata: None, bytes: line.clone().into_bytes() }.encode_to_vec();
    Ok(Answer::Messages(lines[from..].iter().map(piece).collect()))
}

/// The one folder that anybody asks for: that of etcd, which is there as soon as the container runtime is.
pub(super) fn files(world: &World, vmid: u32, call: &Call<'_>) -> Result<Answer, Refusal> {
    let FilesRequest { root } = decoded(call)?;
    let machine = machine(world, vmid)?;
    if root != "/var/lib/etcd" || !machine.cri || !machine.is_control_plane() {
        return Err(Refusal::new(Code::Unknown, format!("lstat {root}: no such file or directory")));
    }
    let names = [".", "member"].into_iter().take(if machine.disk.etcd.is_some() { 2 } else { 1 });
    let file = |relative: &str| FileInfo {
        metadata: call.metadata.clone(),
        name: if relative == "." { root.clone() } else { format!("{root}/{relative}") },
        is_dir: true,
        error: String::new(),
        relative_name: relative.to_owned(),
    };
    Ok(Answer::Messages(names.map(|name| file(name).encode_to_vec()).collect()))
}

pub(super) fn resource(world: &World, vmid: u32, call: &Call<'_>) -> Result<Answer, Refusal> {
    let request: GetRequest = decoded(call)?;
    let asked = (request.namespace.as_str(), request.r#type.as_str(), request.id.as_str());
    let found = all(world, vmid)?.into_iter().find(|resource| place(resource) == asked);
    let resource = found.ok_or_else(|| {
        let what = format!("resource {}({}/{}) doesn't exist", request.r#type, request.namespace, request.id);
        Refusal::new(Code::NotFound, what)
    })?;
    Ok(Answer::one(&GetResponse { resource: Some(resource) }))
}

pub(super) fn resources(world: &World, vmid: u32, call: &Call<'_>) -> Result<Answer, Refusal> {
    let request: ListRequest = decoded(call)?;
    let found = all(world, vmid)?
        .into_iter()
        .filter(|resource| (place(resource).0, place(resource).1) == (&*request.namespace, &*request.r#type));
    Ok(Answer::Messages(found.map(|r| ListResponse { resource: Some(r) }.encode_to_vec()).collect()))
}

/// Where a resource is: namespace, type and id.
fn place(resource: &Resource) -> (&str, &str, &str) {
    resource.metadata.as_ref().map_or(("", "", ""), |at| (&at.namespace, &at.r#type, &at.id))
}

/// The resources that a machine has.
fn all(world: &World, vmid: u32) -> Result<Vec<Resource>, Refusal> {
    let machine = machine(world, vmid)?;
    let status = status(world, machine);
    let stage = Stage::try_from(status.stage).unwrap_or(Stage::Unknown);
    let readiness = status.status.clone().unwrap_or_default();
    let yaml =
        Node::of([("stage", Node::from(stage.word())), ("status", Node::of([("ready", Node::from(readiness.ready))]))]);
    let mut all = vec![resource_of(MACHINE_STATUS, status.encode_to_vec(), yaml.to_string())];
    let hardware = SystemInformationSpec { uuid: machine.uuid.clone() };
    let yaml = Node::of([("uuid", Node::from(machine.uuid.as_str()))]);
    all.push(resource_of(SYSTEM_INFORMATION, hardware.encode_to_vec(), yaml.to_string()));
    if let Some(config) = machine.disk.config.as_ref().filter(|_| !machine.in_maintenance()) {
        let spec = MachineConfigSpec { yaml_marshalled: config.text().as_bytes().to_vec() };
        // As a text in YAML, with the annotation that says so: the configuration may be several documents.
        let mut resource = resource_of(MACHINE_CONFIG, spec.encode_to_vec(), Node::from(config.text()).to_string());
        if let Some(metadata) = &mut resource.metadata {
            metadata.annotations.insert("talos.dev/yaml-spec".to_owned(), "1".to_owned());
        }
        all.push(resource);
    }
    for definition in definitions::all() {
        let mut resource = resource_of(DEFINITION, definition.encode_to_vec(), definition.yaml());
        if let Some(metadata) = &mut resource.metadata {
            metadata.id = definition.id();
        }
        all.push(resource);
    }
    Ok(all)
}

fn resource_of(at: Address, proto_spec: Vec<u8>, yaml_spec: String) -> Resource {
    let metadata = ResourceMetadata {
        namespace: at.namespace.to_owned(),
        r#type: at.r#type.to_owned(),
        id: at.id.to_owned(),
        version: "1".to_owned(),
        phase: "running".to_owned(),
        ..ResourceMetadata::default()
    };
    Resource { metadata: Some(metadata), spec: Some(ResourceSpec { proto_spec, yaml_spec }) }
}

/// The stage, and what the machine waits for.
fn status(world: &World, machine: &Machine) -> MachineStatusSpec {
    let mut unmet = Vec::new();
    let mut wait = |name: &str, reason: String| unmet.push(UnmetCondition { name: name.to_owned(), reason });
    match machine.stage {
        Stage::Booting => {
            if !machine.time_synced {
                wait("time", "time is not in sync".to_owned());
            }
            if machine.is_control_plane() && machine.etcd != EtcdState::Running {
                wait("services", "etcd is not running".to_owned());
            }
            if !machine.kubelet {
                wait("services", "kubelet is not running".to_owned());
            }
        }
        Stage::Running => {
            let name = machine.hostname();
            if !node_is_ready(world, &name) {
                wait("nodeReady", format!("node {name:?} status is not ready"));
            }
            if machine.is_control_plane() && !machine.api_server {
                wait("staticPods", "kube-system/kube-apiserver is not running".to_owned());
            }
        }
        _ => {}
    }
    let ready = matches!(machine.stage, Stage::Running | Stage::Maintenance) && unmet.is_empty();
    let status = Some(Readiness { ready, unmet_conditions: unmet });
    MachineStatusSpec { stage: machine.stage.into(), status }
}

fn node_is_ready(world: &World, name: &str) -> bool {
    let node = world.kube.api.get(&Key::cluster(&GroupResource::NODES, name));
    let conditions = node.and_then(|node| node["status"]["conditions"].as_array());
    conditions.is_some_and(|list| list.iter().any(|c| c["type"] == "Ready" && c["status"] == "True"))
}
