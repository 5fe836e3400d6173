//! The calls of the Talos API one by one, with the headers that choose their nodes.

use std::io::{self, Read as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flate2::read::GzDecoder;
use fluxlift_gate::observe::pace;
use fluxlift_net::{TlsClient, TlsTrust};
use fluxlift_sim::machine::Power;
use fluxlift_talos::client::{Access, Fingerprint};
use fluxlift_talos::config::Role;
use fluxlift_talos::pki;
use fluxlift_talos::proto::machine::{ApplyConfigurationRequest, ApplyMode};
use fluxlift_talos::proto::resource::{GetRequest, ListRequest, MACHINE_CONFIG};
use fluxlift_talos::proto::rpc::{
    ApplyConfiguration, Bootstrap, GetResource, HealthCheck, Kubeconfig, ListResources, Rpc, ServiceList, Version,
};
use hyper_util::rt::TokioIo;
use prost::Message;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;

use super::{Lab, address, vmid};

const CONTROL_PLANE: &str = include_str!("../../../../fluxlift-talos/testdata/golden/1.12-controlplane.yaml");
const WORKER: &str = include_str!("../../../../fluxlift-talos/testdata/golden/1.12-worker.yaml");

/// What a call comes to: its messages, or a refusal.
type Answer<R> = Result<Vec<<R as Rpc>::Reply>, Status>;

impl Lab {
    /// A machine that has run its role's configuration for some minutes.
    async fn running(&self, n: u8, version: &str, role: Role) {
        self.power_on_version(n, version);
        let config = if role == Role::ControlPlane { CONTROL_PLANE } else { WORKER };
        self.datacenter.with(|world| {
            let vmid = vmid(n);
            let machine = world.talos.machines.get_mut(&vmid).unwrap();
            machine.disk.config = Some(config.to_owned().into());
            let spec = machine.spec.clone();
            world.power(Power::Off { vmid });
            world.power(Power::On(spec));
        });
        pace(Duration::from_secs(120)).await;
    }

    /// A machine that waits for its configuration.
    async fn waiting(&self, n: u8) {
        self.power_on(n);
        pace(Duration::from_secs(30)).await;
    }

    /// Calls a machine as an administrator; one in maintenance as somebody who read its console.
    async fn call<R: Rpc>(&self, n: u8, message: R::Request, headers: &[(&'static str, &str)]) -> Answer<R> {
        let mut grpc = self.connect(n).await;
        grpc.ready().await.unwrap();
        let mut request = Request::new(message);
        for (name, value) in headers {
            request.metadata_mut().append(*name, value.parse().unwrap());
        }
        let codec = ProstCodec::<R::Request, R::Reply>::default();
        let mut pieces = grpc.server_streaming(request, PathAndQuery::from_static(R::PATH), codec).await?.into_inner();
        let mut messages = Vec::new();
        while let Some(piece) = pieces.message().await? {
            messages.push(piece);
        }
        Ok(messages)
    }

    async fn connect(&self, n: u8) -> Grpc<Channel> {
        let (to, clock) = (Access::api(address(n).to_string()), Arc::clone(&self.access.clock));
        let tls = match self.fingerprint(n) {
            Some(fingerprint) => TlsClient::new(&TlsTrust::PublicKey(fingerprint.0), clock),
            None => {
                let (trust, pair) = (TlsTrust::Authorities(self.ours.ca.clone()), &self.ours.pair);
                TlsClient::with_identity(&trust, &pair.crt, pki::standard_key(&pair.key).expose(), clock)
            }
        };
        let raw = self.access.dial.dial(&to).await.unwrap();
        let connection = tls.unwrap().with_alpn(&["h2"]).handshake(&to, raw).await.unwrap();
        let only = Mutex::new(Some(TokioIo::new(connection)));
        let connector = tower::service_fn(move |_| {
            let taken = only.lock().unwrap().take();
            std::future::ready(taken.ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected)))
        });
        let endpoint = Endpoint::from_shared(format!("http://{to}")).unwrap();
        Grpc::new(endpoint.connect_with_connector(connector).await.unwrap())
    }

    /// What a machine in maintenance printed of its certificate.
    fn fingerprint(&self, n: u8) -> Option<Fingerprint> {
        self.datacenter.with(|world| {
            let machine = &world.talos.machines[&vmid(n)];
            let line = machine.console.iter().rfind(|line| line.text.contains("fingerprint"));
            let printed = line.filter(|_| machine.in_maintenance())?.text.rsplit(' ').next()?;
            printed.parse().ok()
        })
    }
}

fn code<T: std::fmt::Debug>(answer: Result<T, Status>) -> Code {
    answer.unwrap_err().code()
}

/// Asks for the definitions of all types.
fn definitions() -> ListRequest {
    ListRequest { namespace: "meta".to_owned(), r#type: "ResourceDefinitions.meta.cosi.dev".to_owned() }
}

/// Asks for the configuration that a machine has.
fn configuration() -> GetRequest {
    GetRequest {
        namespace: MACHINE_CONFIG.namespace.to_owned(),
        r#type: MACHINE_CONFIG.r#type.to_owned(),
        id: MACHINE_CONFIG.id.to_owned(),
    }
}

fn message<M>(answer: Result<Vec<M>, Status>) -> M {
    answer.unwrap().remove(0)
}

#[tokio::test(start_paused = true)]
async fn an_error_of_one_of_several_nodes_hides_inside_of_the_answer() {
    let lab = Lab::new();
    lab.running(11, "v1.12.0", Role::ControlPlane).await;
    lab.running(21, "v1.12.0", Role::Worker).await;
    let nodes = [("nodes", "127.101.0.11, 127.101.0.21"), ("nodes", "127.101.0.99")];
    let reply = message(lab.call::<Version>(11, Default::default(), &nodes).await);
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

#[tokio::test(start_paused = true)]
async fn resources_are_asked_of_one_node_only() {
    let lab = Lab::new();
    lab.running(11, "v1.12.0", Role::ControlPlane).await;
    lab.running(21, "v1.12.0", Role::Worker).await;
    let get = configuration();
    let many = lab.call::<GetResource>(11, get.clone(), &[("nodes", "127.101.0.11")]).await;
    assert_eq!(code(many), Code::InvalidArgument);
    let one = lab.call::<GetResource>(11, get.clone(), &[("node", "127.101.0.21")]).await;
    assert!(one.is_ok(), "{one:?}");
    let through_a_worker = lab.call::<GetResource>(21, get, &[("node", "127.101.0.11")]).await;
    assert_eq!(code(through_a_worker), Code::PermissionDenied);
}

#[tokio::test(start_paused = true)]
async fn a_bootstrap_of_a_worker_is_refused_as_each_version_does() {
    for (version, expected) in [("v1.11.2", Code::FailedPrecondition), ("v1.12.0", Code::Unimplemented)] {
        let lab = Lab::new();
        lab.running(11, version, Role::ControlPlane).await;
        lab.running(21, version, Role::Worker).await;
        assert_eq!(code(lab.call::<Bootstrap>(21, Default::default(), &[]).await), expected, "{version}");
    }
}

#[tokio::test(start_paused = true)]
async fn talos_1_14_has_no_apply_with_a_reboot_and_talos_1_11_knows_no_host_name_document() {
    let request = |mode: ApplyMode| ApplyConfigurationRequest {
        data: CONTROL_PLANE.as_bytes().to_vec(),
        mode: mode.into(),
        ..Default::default()
    };
    let lab = Lab::new();
    lab.running(11, "v1.14.0", Role::ControlPlane).await;
    let refused = lab.call::<ApplyConfiguration>(11, request(ApplyMode::Reboot), &[]).await;
    assert_eq!(code(refused), Code::Unimplemented);
    lab.running(12, "v1.11.2", Role::ControlPlane).await;
    let refused = lab.call::<ApplyConfiguration>(12, request(ApplyMode::Auto), &[]).await;
    assert_eq!(code(refused), Code::InvalidArgument);
}

#[tokio::test(start_paused = true)]
async fn only_one_act_at_a_time() {
    let lab = Lab::new();
    lab.waiting(11).await;
    let request = ApplyConfigurationRequest { data: CONTROL_PLANE.as_bytes().to_vec(), mode: 1, ..Default::default() };
    let first = lab.call::<ApplyConfiguration>(11, request.clone(), &[]).await;
    assert!(first.is_ok(), "{first:?}");
    assert_eq!(code(lab.call::<ApplyConfiguration>(11, request, &[]).await), Code::FailedPrecondition);
}

#[tokio::test(start_paused = true)]
async fn a_configuration_without_its_keys_is_refused() {
    let lab = Lab::new();
    lab.waiting(11).await;
    for broken in ["machine: {type: controlplane}\n", "not: [yaml", "- a\n"] {
        let request = ApplyConfigurationRequest { data: broken.as_bytes().to_vec(), mode: 1, ..Default::default() };
        let refused = lab.call::<ApplyConfiguration>(11, request, &[]).await;
        assert_eq!(code(refused), Code::InvalidArgument, "{broken}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_several_nodes_stays_a_stream_whose_pieces_say_whose_they_are() {
    let lab = Lab::new();
    lab.running(11, "v1.12.0", Role::ControlPlane).await;
    let pieces = lab.call::<Kubeconfig>(11, Default::default(), &[("nodes", "127.101.0.11")]).await.unwrap();
    assert!(pieces.len() > 1);
    assert!(pieces.iter().all(|piece| piece.metadata.as_ref().is_some_and(|meta| meta.hostname == "127.101.0.11")));
    let packed: Vec<u8> = pieces.into_iter().flat_map(|piece| piece.bytes).collect();
    let mut archive = Vec::new();
    GzDecoder::new(packed.as_slice()).read_to_end(&mut archive).unwrap();
    assert!(String::from_utf8_lossy(&archive).trim_end().ends_with("current-context: admin@sol"));
    let lost = lab.call::<Kubeconfig>(11, Default::default(), &[("nodes", "127.101.0.99")]).await.unwrap();
    assert!(!lost[0].metadata.as_ref().unwrap().error.is_empty());
}

#[tokio::test(start_paused = true)]
async fn types_are_found_by_their_definitions_and_a_configuration_is_a_text_in_yaml() {
    let lab = Lab::new();
    lab.running(11, "v1.12.0", Role::ControlPlane).await;
    let found = lab.call::<ListResources>(11, definitions(), &[]).await.unwrap();
    let ids: Vec<String> = found.into_iter().map(|r| r.resource.unwrap().metadata.unwrap().id).collect();
    assert!(ids.contains(&"machineconfigs.config.talos.dev".to_owned()), "{ids:?}");
    let got = message(lab.call::<GetResource>(11, configuration(), &[]).await);
    let resource = got.resource.unwrap();
    let text: String = serde_saphyr::from_str(&resource.spec.unwrap().yaml_spec).unwrap();
    assert_eq!(text, CONTROL_PLANE);
    assert!(resource.metadata.unwrap().annotations.contains_key("talos.dev/yaml-spec"));
}

#[tokio::test(start_paused = true)]
async fn health_names_the_first_thing_that_is_wrong_and_a_worker_tells_none() {
    let lab = Lab::new();
    lab.running(11, "v1.12.0", Role::ControlPlane).await;
    lab.running(21, "v1.12.0", Role::Worker).await;
    assert_eq!(code(lab.call::<HealthCheck>(21, Default::default(), &[]).await), Code::Unimplemented);
    let refusal = lab.call::<HealthCheck>(11, Default::default(), &[]).await.unwrap_err();
    assert_eq!(refusal.code(), Code::DeadlineExceeded);
    assert_eq!(refusal.message(), "waiting for etcd to be healthy: 127.101.0.11: etcd is not running");
}

#[tokio::test(start_paused = true)]
async fn every_service_has_a_history_and_a_health_if_empty_ones() {
    let lab = Lab::new();
    lab.running(11, "v1.12.0", Role::ControlPlane).await;
    let reply = message(lab.call::<ServiceList>(11, Default::default(), &[]).await);
    let services = &reply.messages[0].services;
    assert!(services.iter().any(|service| service.id == "etcd"));
    assert!(services.iter().all(|service| service.events.is_some() && service.health.is_some()));
}

/// The definition of a type, as COSI writes it.
#[derive(Clone, PartialEq, Message)]
struct Definition {
    #[prost(string, tag = "3")]
    default_namespace: String,
    #[prost(string, repeated, tag = "4")]
    aliases: Vec<String>,
    #[prost(string, repeated, tag = "5")]
    all_aliases: Vec<String>,
    #[prost(int32, tag = "7")]
    sensitivity: i32,
}

#[tokio::test(start_paused = true)]
async fn a_type_is_found_by_its_singular_its_capitals_and_its_beginnings() {
    let lab = Lab::new();
    lab.running(11, "v1.12.0", Role::ControlPlane).await;
    let resource = message(lab.call::<ListResources>(11, definitions(), &[]).await).resource.unwrap();
    let config = Definition::decode(resource.spec.unwrap().proto_spec.as_slice()).unwrap();
    assert_eq!(resource.metadata.unwrap().id, "machineconfigs.config.talos.dev");
    assert_eq!(config.aliases, ["machineconfig", "mc", "mcs"]);
    assert_eq!(config.all_aliases[..3], ["machineconfigs", "machineconfigs.config", "machineconfigs.config.talos"]);
    assert_eq!((config.default_namespace.as_str(), config.sensitivity), ("config", 1));
}
