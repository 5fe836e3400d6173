//! Calls against a world, without a wire.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::net::Ipv4Addr;

use bytes::{BufMut, Bytes, BytesMut};
use flate2::read::GzDecoder;
use fluxlift_core::Timestamp;
use fluxlift_talos::config::Role;
use fluxlift_talos::proto::machine::{ApplyConfigurationRequest, ApplyMode, ServiceListResponse, VersionResponse};
use fluxlift_talos::proto::resource::{GetRequest, GetResponse, ListRequest, ListResponse, MACHINE_CONFIG};
use fluxlift_talos::proto::rpc::{
    ApplyConfiguration, Bootstrap, GetResource, HealthCheck, Kubeconfig, ListResources, Rpc, ServiceList, Version,
};
use fluxlift_talos::proto::shared::Data;
use http::Request;
use prost::Message;
use tonic::Code;

use super::dispatch::{Peer, answer};
use super::grpc::Answer;
use crate::machine::{MachineSpec, Power};
use crate::{Options, World};

const CONTROL_PLANE: &str = include_str!("../../../fluxlift-talos/testdata/golden/1.12-controlplane.yaml");
const WORKER: &str = include_str!("../../../fluxlift-talos/testdata/golden/1.12-worker.yaml");

fn world() -> World {
    World::new(Options::default(), "2026-03-01T12:00:00Z".parse().unwrap())
}

fn power_on(world: &mut World, n: u8, version: &str) -> u32 {
    let vmid = 101_000 + u32::from(n);
    world.power(Power::On(MachineSpec {
        vmid,
        name: format!("vm{n}"),
        host: "pve01".to_owned(),
        address: Ipv4Addr::new(127, 101, 0, n),
        mac: format!("BC:24:11:00:65:{n:02X}"),
        cores: 2,
        memory_mib: 4096,
        talos_version: version.to_owned(),
    }));
    vmid
}

/// A machine that has run `config` for some minutes.
fn running(world: &mut World, n: u8, version: &str, role: Role) -> u32 {
    let vmid = power_on(world, n, version);
    let config = if role == Role::ControlPlane { CONTROL_PLANE } else { WORKER };
    world.talos.machines.get_mut(&vmid).unwrap().disk.config = Some(config.to_owned().into());
    super::life::boot(world, vmid);
    let later: Timestamp = world.now + jiff::SignedDuration::from_mins(2);
    world.advance_to(later);
    vmid
}

fn call<R: Rpc>(world: &mut World, vmid: u32, message: &R::Request, headers: &[(&str, &str)]) -> Answer {
    let mut body = BytesMut::new();
    body.put_u8(0);
    body.put_u32(u32::try_from(message.encoded_len()).unwrap());
    body.put_slice(&message.encode_to_vec());
    let mut request = Request::post(R::PATH);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let admin = Peer::Roles(BTreeSet::from(["os:admin".to_owned()]));
    answer(world, vmid, &admin, &request.body(Bytes::from(body)).unwrap())
}

fn code(answer: Answer) -> Code {
    match answer {
        Answer::Refused(refusal) => refusal.code,
        other => panic!("{other:?}"),
    }
}

fn message<M: Message + Default>(answer: Answer) -> M {
    match answer {
        Answer::Messages(messages) => M::decode(messages[0].as_slice()).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_error_of_one_of_several_nodes_hides_inside_of_the_answer() {
    let mut world = world();
    let vmid = running(&mut world, 11, "v1.12.0", Role::ControlPlane);
    running(&mut world, 21, "v1.12.0", Role::Worker);
    let nodes = [("nodes", "127.101.0.11, 127.101.0.21"), ("nodes", "127.101.0.99")];
    let reply: VersionResponse = message(call::<Version>(&mut world, vmid, &Default::default(), &nodes));
    let seen: Vec<(String, bool)> = reply
        .messages
        .iter()
        .map(|m| m.metadata.as_ref().map(|meta| (meta.hostname.clone(), meta.error.is_empty())).unwrap())
        .collect();
    let expected = [("127.101.0.11", true), ("127.101.0.21", true), ("127.101.0.99", false)];
    assert_eq!(seen, expected.map(|(node, fine)| (node.to_owned(), fine)));
    let status = reply.messages[2].metadata.as_ref().unwrap().status.as_ref().unwrap();
    assert_eq!(Code::from_i32(status.code), Code::Unavailable);
}

#[test]
fn resources_are_asked_of_one_node_only() {
    let mut world = world();
    let cp = running(&mut world, 11, "v1.12.0", Role::ControlPlane);
    let wk = running(&mut world, 21, "v1.12.0", Role::Worker);
    let get = GetRequest {
        namespace: MACHINE_CONFIG.namespace.to_owned(),
        r#type: MACHINE_CONFIG.r#type.to_owned(),
        id: MACHINE_CONFIG.id.to_owned(),
    };
    let many = call::<GetResource>(&mut world, cp, &get, &[("nodes", "127.101.0.11")]);
    assert_eq!(code(many), Code::InvalidArgument);
    let one = call::<GetResource>(&mut world, cp, &get, &[("node", "127.101.0.21")]);
    assert!(matches!(one, Answer::Messages(_)));
    let through_a_worker = call::<GetResource>(&mut world, wk, &get, &[("node", "127.101.0.11")]);
    assert_eq!(code(through_a_worker), Code::PermissionDenied);
}

#[test]
fn a_bootstrap_of_a_worker_is_refused_as_each_version_does() {
    for (version, expected) in [("v1.11.2", Code::FailedPrecondition), ("v1.12.0", Code::Unimplemented)] {
        let mut world = world();
        running(&mut world, 11, version, Role::ControlPlane);
        let vmid = running(&mut world, 21, version, Role::Worker);
        assert_eq!(code(call::<Bootstrap>(&mut world, vmid, &Default::default(), &[])), expected, "{version}");
    }
}

#[test]
fn talos_1_14_has_no_apply_with_a_reboot_and_talos_1_11_knows_no_host_name_document() {
    let request = |mode: ApplyMode| ApplyConfigurationRequest {
        data: CONTROL_PLANE.as_bytes().to_vec(),
        mode: mode.into(),
        ..Default::default()
    };
    let mut world = world();
    let new = running(&mut world, 11, "v1.14.0", Role::ControlPlane);
    let refused = call::<ApplyConfiguration>(&mut world, new, &request(ApplyMode::Reboot), &[]);
    assert_eq!(code(refused), Code::Unimplemented);
    let old = running(&mut world, 12, "v1.11.2", Role::ControlPlane);
    let refused = call::<ApplyConfiguration>(&mut world, old, &request(ApplyMode::Auto), &[]);
    assert_eq!(code(refused), Code::InvalidArgument);
}

#[test]
fn only_one_act_at_a_time() {
    let mut world = world();
    let vmid = power_on(&mut world, 11, "v1.12.0");
    let later = world.now + jiff::SignedDuration::from_secs(30);
    world.advance_to(later);
    let request = ApplyConfigurationRequest { data: CONTROL_PLANE.as_bytes().to_vec(), mode: 1, ..Default::default() };
    let first = call::<ApplyConfiguration>(&mut world, vmid, &request, &[]);
    assert!(matches!(first, Answer::Messages(_)), "{first:?}");
    assert_eq!(code(call::<ApplyConfiguration>(&mut world, vmid, &request, &[])), Code::FailedPrecondition);
}

#[test]
fn a_configuration_without_its_keys_is_refused() {
    let mut world = world();
    let vmid = power_on(&mut world, 11, "v1.12.0");
    let later = world.now + jiff::SignedDuration::from_secs(30);
    world.advance_to(later);
    for broken in ["machine: {type: controlplane}\n", "not: [yaml", "- a\n"] {
        let request = ApplyConfigurationRequest { data: broken.as_bytes().to_vec(), mode: 1, ..Default::default() };
        let refused = call::<ApplyConfiguration>(&mut world, vmid, &request, &[]);
        assert_eq!(code(refused), Code::InvalidArgument, "{broken}");
    }
}

fn messages<M: Message + Default>(answer: Answer) -> Vec<M> {
    match answer {
        Answer::Messages(messages) => messages.iter().map(|piece| M::decode(piece.as_slice()).unwrap()).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_stream_of_several_nodes_stays_a_stream_whose_pieces_say_whose_they_are() {
    let mut world = world();
    let vmid = running(&mut world, 11, "v1.12.0", Role::ControlPlane);
    let pieces: Vec<Data> =
        messages(call::<Kubeconfig>(&mut world, vmid, &Default::default(), &[("nodes", "127.101.0.11")]));
    assert!(pieces.len() > 1);
    assert!(pieces.iter().all(|piece| piece.metadata.as_ref().is_some_and(|meta| meta.hostname == "127.101.0.11")));
    let packed: Vec<u8> = pieces.into_iter().flat_map(|piece| piece.bytes).collect();
    let mut archive = Vec::new();
    GzDecoder::new(packed.as_slice()).read_to_end(&mut archive).unwrap();
    assert!(String::from_utf8_lossy(&archive).trim_end().ends_with("current-context: admin@sol"));
    let lost: Vec<Data> =
        messages(call::<Kubeconfig>(&mut world, vmid, &Default::default(), &[("nodes", "127.101.0.99")]));
    assert!(!lost[0].metadata.as_ref().unwrap().error.is_empty());
}

#[test]
fn types_are_found_by_their_definitions_and_a_configuration_is_a_text_in_yaml() {
    let mut world = world();
    let vmid = running(&mut world, 11, "v1.12.0", Role::ControlPlane);
    let list = ListRequest { namespace: "meta".to_owned(), r#type: "ResourceDefinitions.meta.cosi.dev".to_owned() };
    let found: Vec<ListResponse> = messages(call::<ListResources>(&mut world, vmid, &list, &[]));
    let ids: Vec<String> = found.into_iter().map(|r| r.resource.unwrap().metadata.unwrap().id).collect();
    assert!(ids.contains(&"machineconfigs.config.talos.dev".to_owned()), "{ids:?}");
    let get = GetRequest {
        namespace: MACHINE_CONFIG.namespace.to_owned(),
        r#type: MACHINE_CONFIG.r#type.to_owned(),
        id: MACHINE_CONFIG.id.to_owned(),
    };
    let got: GetResponse = message(call::<GetResource>(&mut world, vmid, &get, &[]));
    let resource = got.resource.unwrap();
    let text: String = serde_saphyr::from_str(&resource.spec.unwrap().yaml_spec).unwrap();
    assert_eq!(text, CONTROL_PLANE);
    assert!(resource.metadata.unwrap().annotations.contains_key("talos.dev/yaml-spec"));
}

#[test]
fn health_names_the_first_thing_that_is_wrong_and_a_worker_tells_none() {
    let mut world = world();
    let cp = running(&mut world, 11, "v1.12.0", Role::ControlPlane);
    let wk = running(&mut world, 21, "v1.12.0", Role::Worker);
    assert_eq!(code(call::<HealthCheck>(&mut world, wk, &Default::default(), &[])), Code::Unimplemented);
    match call::<HealthCheck>(&mut world, cp, &Default::default(), &[]) {
        Answer::Refused(refusal) => {
            assert_eq!(refusal.code, Code::DeadlineExceeded);
            assert_eq!(refusal.message, "waiting for etcd to be healthy: 127.101.0.11: etcd is not running");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_service_has_a_history_and_a_health_if_empty_ones() {
    let mut world = world();
    let vmid = running(&mut world, 11, "v1.12.0", Role::ControlPlane);
    let reply: ServiceListResponse = message(call::<ServiceList>(&mut world, vmid, &Default::default(), &[]));
    let services = &reply.messages[0].services;
    assert!(services.iter().any(|service| service.id == "etcd"));
    assert!(services.iter().all(|service| service.events.is_some() && service.health.is_some()));
}
