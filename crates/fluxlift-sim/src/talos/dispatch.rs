//! Who may call what, on which machine, and what goes wrong on the way.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use bytes::Bytes;
use fluxlift_talos::proto::rpc::{
    ApplyConfiguration, Bootstrap, EtcdMemberList, EtcdStatus, GetResource, HealthCheck, Kubeconfig, ListFiles,
    ListResources, Logs, Reboot, Reset, Rpc, ServiceList, Version,
};
use fluxlift_talos::proto::shared::{Metadata, RpcStatus};
use http::Request;
use prost::Message;
use tonic::Code;

use super::grpc::{self, Answer, Refusal};
use super::{TalosFault, answer, apply, bootstrap, health, read};
use crate::World;

/// Who is at the other end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Peer {
    /// Nobody knows: the machine is in maintenance.
    Anyone,
    /// A client with these roles.
    Roles(BTreeSet<String>),
}

/// One call, on its way.
pub(super) struct Call<'a> {
    /// Its path.
    pub(super) path: &'a str,
    /// Its message.
    pub(super) body: &'a [u8],
    /// What the answer says of its node, when several were asked.
    pub(super) metadata: Option<Metadata>,
}

/// Answers a request to the machine `vmid`.
pub(super) fn answer(world: &mut World, vmid: u32, peer: &Peer, request: &Request<Bytes>) -> Answer {
    let path = request.uri().path();
    let name = path.rsplit('/').next().unwrap_or(path).to_owned();
    let Some(address) = world.talos.machines.get(&vmid).map(|m| m.spec.address) else { return Answer::HangUp };
    if world.talos.strikes(&TalosFault::LostRequest { address, call: name.clone() }) {
        return hang_up(world, vmid);
    }
    let answer = route(world, vmid, peer, request).unwrap_or_else(Answer::Refused);
    if world.talos.strikes(&TalosFault::LostReply { address, call: name }) {
        return hang_up(world, vmid);
    }
    answer
}

fn hang_up(world: &mut World, vmid: u32) -> Answer {
    if let Some(machine) = world.talos.machines.get_mut(&vmid) {
        machine.connections += 1;
        world.changes += 1;
    }
    Answer::HangUp
}

/// Finds out which machines are meant, and asks them.
fn route(world: &mut World, vmid: u32, peer: &Peer, request: &Request<Bytes>) -> Result<Answer, Refusal> {
    let path = request.uri().path();
    let body = grpc::message(request.body())?;
    let header = |name| request.headers().get_all(name).iter().filter_map(|v| v.to_str().ok());
    let one: Vec<&str> = header("node").collect();
    let many: Vec<&str> = header("nodes").flat_map(|v| v.split(',')).map(str::trim).collect();
    allowed(world, vmid, peer, path)?;
    match (one.as_slice(), many.as_slice()) {
        ([], []) => local(world, vmid, &Call { path, body, metadata: None }),
        ([node], []) => {
            let target = target(world, vmid, node)?;
            local(world, target, &Call { path, body, metadata: None })
        }
        ([], nodes) if STREAMS.contains(&path) => stream(world, vmid, path, body, nodes),
        ([], nodes) if !path.starts_with("/cosi.") => fan_out(world, vmid, path, body, nodes),
        ([], _) => Err(Refusal::new(Code::InvalidArgument, "one-to-many proxying is not supported for this call")),
        _ => Err(Refusal::new(Code::InvalidArgument, "node and nodes exclude each other")),
    }
}

/// The calls whose answer is a stream of pieces.
const STREAMS: [&str; 4] = [HealthCheck::PATH, Kubeconfig::PATH, ListFiles::PATH, Logs::PATH];

/// Asks several machines for a stream: each piece says whose it is.
fn stream(world: &mut World, vmid: u32, path: &str, body: &[u8], nodes: &[&str]) -> Result<Answer, Refusal> {
    let mut pieces = Vec::new();
    for node in nodes {
        let call = Call { path, body, metadata: None };
        match target(world, vmid, node).and_then(|target| local(world, target, &call)) {
            // What is appended to a message counts as part of it.
            Ok(Answer::Messages(messages)) => pieces.extend(messages.into_iter().map(|mut piece| {
                let metadata = Metadata { hostname: (*node).to_owned(), ..Metadata::default() };
                piece.extend(AnyMessage { metadata: Some(metadata) }.encode_to_vec());
                piece
            })),
            Ok(_) => return Ok(Answer::HangUp),
            Err(refusal) => pieces.push(AnyMessage { metadata: Some(failure(node, refusal)) }.encode_to_vec()),
        }
    }
    Ok(Answer::Messages(pieces))
}

/// What says that `node` failed, beside the answers of others.
fn failure(node: &str, refusal: Refusal) -> Metadata {
    Metadata {
        hostname: node.to_owned(),
        error: format!("rpc error: code = {:?} desc = {}", refusal.code, refusal.message),
        status: Some(RpcStatus { code: refusal.code.into(), message: refusal.message }),
    }
}

/// Asks several machines. Who fails does so inside of the answer.
fn fan_out(world: &mut World, vmid: u32, path: &str, body: &[u8], nodes: &[&str]) -> Result<Answer, Refusal> {
    let mut whole = Vec::new();
    for node in nodes {
        let metadata = Metadata { hostname: (*node).to_owned(), ..Metadata::default() };
        let call = Call { path, body, metadata: Some(metadata) };
        match target(world, vmid, node).and_then(|target| local(world, target, &call)) {
            // Replies are lists of messages: protobuf joins them when their bytes follow each other.
            Ok(Answer::Messages(messages)) => whole.extend(messages.into_iter().flatten()),
            Ok(_) => return Ok(Answer::HangUp),
            Err(refusal) => {
                let failed = AnyMessage { metadata: Some(failure(node, refusal)) };
                whole.extend(AnyReply { messages: vec![failed] }.encode_to_vec());
            }
        }
    }
    Ok(Answer::Messages(vec![whole]))
}

/// What all replies have in common.
#[derive(Clone, PartialEq, Message)]
struct AnyReply {
    #[prost(message, repeated, tag = "1")]
    messages: Vec<AnyMessage>,
}

#[derive(Clone, PartialEq, Message)]
struct AnyMessage {
    #[prost(message, optional, tag = "1")]
    metadata: Option<Metadata>,
}

/// The machine that `node` means, as seen from `vmid`: itself, or for a control plane any other one that is up.
fn target(world: &World, vmid: u32, node: &str) -> Result<u32, Refusal> {
    let unavailable =
        || Refusal::new(Code::Unavailable, format!("connection error: dialing {node}: connect: no route"));
    let own = world.talos.machines.get(&vmid).ok_or_else(unavailable)?;
    if node == own.spec.address.to_string() || node == own.hostname() {
        return Ok(vmid);
    }
    if !own.is_control_plane() {
        return Err(Refusal::new(Code::PermissionDenied, "proxying is allowed on control planes only"));
    }
    let by_address = node.parse::<Ipv4Addr>().ok().and_then(|address| world.talos.at(address));
    let found = by_address
        .or_else(|| world.talos.machines.iter().find(|(_, m)| m.on && m.hostname() == node).map(|(vmid, _)| *vmid));
    let up = |vmid: &u32| world.talos.machines.get(vmid).is_some_and(|m| m.answers() && !m.in_maintenance());
    found.filter(up).ok_or_else(unavailable)
}

/// Whether the peer may call this at all.
fn allowed(world: &World, vmid: u32, peer: &Peer, path: &str) -> Result<(), Refusal> {
    const ADMIN: &str = "os:admin";
    let maintenance = world.talos.machines.get(&vmid).is_some_and(super::Machine::in_maintenance);
    if maintenance || *peer == Peer::Anyone {
        return match path {
            Version::PATH | ApplyConfiguration::PATH | GetResource::PATH | ListResources::PATH => Ok(()),
            _ => Err(Refusal::new(Code::Unimplemented, "API is not implemented in maintenance mode")),
        };
    }
    let Peer::Roles(roles) = peer else { return Ok(()) };
    let enough: &[&str] = match path {
        ApplyConfiguration::PATH | Bootstrap::PATH | Reset::PATH | Kubeconfig::PATH => &[ADMIN],
        Reboot::PATH | ListFiles::PATH => &[ADMIN, "os:operator"],
        _ => &[ADMIN, "os:operator", "os:reader"],
    };
    if enough.iter().any(|role| roles.contains(*role)) {
        Ok(())
    } else {
        Err(Refusal::new(Code::PermissionDenied, "not authorized"))
    }
}

/// Asks the machine itself.
fn local(world: &mut World, vmid: u32, call: &Call<'_>) -> Result<Answer, Refusal> {
    match call.path {
        Version::PATH => read::version(world, vmid, call),
        ServiceList::PATH => read::services(world, vmid, call),
        EtcdMemberList::PATH => read::etcd_members(world, vmid, call),
        EtcdStatus::PATH => read::etcd_status(world, vmid, call),
        Logs::PATH => read::logs(world, vmid, call),
        ListFiles::PATH => read::files(world, vmid, call),
        GetResource::PATH => read::resource(world, vmid, call),
        ListResources::PATH => read::resources(world, vmid, call),
        ApplyConfiguration::PATH => apply::apply(world, vmid, call),
        Bootstrap::PATH => bootstrap::bootstrap(world, vmid, call),
        HealthCheck::PATH => health::check(world, vmid),
        Kubeconfig::PATH => bootstrap::kubeconfig(world, vmid),
        Reboot::PATH => answer::reboot(world, vmid, call),
        Reset::PATH => answer::reset(world, vmid, call),
        _ => Err(Refusal::new(Code::Unimplemented, format!("unknown method {}", call.path))),
    }
}
