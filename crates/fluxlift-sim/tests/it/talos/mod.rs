//! Machines as clients of the Talos API see them, under virtual time.

mod calls;

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use fluxlift_core::{Clock, Deadline, Timestamp};
use fluxlift_gate::clock::TokioClock;
use fluxlift_gate::observe::every;
use fluxlift_gate::{GateContext, GateError, ObserveError};
use fluxlift_net::Authority;
use fluxlift_sim::machine::{MachineSpec, Power};
use fluxlift_sim::talos::TalosFault;
use fluxlift_sim::{Datacenter, Net, Options, World};
use fluxlift_talos::client::{Access, Class, Fingerprint, Identity, TalosClient, TalosError};
use fluxlift_talos::config::{ClusterSpec, Contract, Interface, NodeSpec, Patch, Role, generate};
use fluxlift_talos::node::{
    Awaiting, Delivery, EtcdConsistent, EtcdSight, Kubeconfig, NodeState, NodesRegistered, RunsConfig, deliver, look,
    look_at_etcd, probe,
};
use fluxlift_talos::pki::{self, Issue, Issuer, PrivateKey, Usage};
use fluxlift_talos::proto::machine::ApplyMode;
use fluxlift_talos::secrets::ClientIdentity;
use fluxlift_talos::{MachineConfig, SecretsBundle};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

const FIXTURE: &str = include_str!("../../../../fluxlift-talos/testdata/secrets.yaml");

/// A datacenter with machines that run Talos, a clock, and a cluster's secrets.
pub(crate) struct Lab {
    pub(crate) datacenter: Datacenter,
    pub(crate) access: Access,
    pub(crate) gates: GateContext,
    secrets: SecretsBundle,
    ours: ClientIdentity,
}

impl Lab {
    pub(crate) fn new() -> Self {
        let start: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::starting_at(start));
        let datacenter = Datacenter::new(World::new(Options::default(), start), Arc::clone(&clock));
        drop(datacenter.run());
        let access = Access::new(Arc::new(Net::new(datacenter.clone())), Arc::clone(&clock));
        let secrets: SecretsBundle = FIXTURE.parse().unwrap();
        let ours = secrets.admin(start, &mut ChaCha20Rng::seed_from_u64(1)).unwrap();
        Self { datacenter, access, gates: GateContext::quiet(clock), secrets, ours }
    }

    /// Switches on the machine with the last number `n` of its address.
    pub(crate) fn power_on(&self, n: u8) -> Authority {
        self.power_on_version(n, "v1.12.0")
    }

    fn power_on_version(&self, n: u8, version: &str) -> Authority {
        let address = address(n);
        let spec = MachineSpec {
            vmid: vmid(n),
            name: name(n),
            host: "pve01".to_owned(),
            address,
            mac: format!("BC:24:11:00:65:{n:02X}"),
            cores: 4,
            memory_mib: 8192,
            talos_version: version.to_owned(),
        };
        self.datacenter.with(|world| world.power(Power::On(spec)));
        Access::api(address.to_string())
    }

    fn config(&self, n: u8) -> MachineConfig {
        config_of(&self.secrets, n)
    }

    /// Waits until the machine is in maintenance or ours.
    async fn answers(&self, n: u8, to: &Authority) -> NodeState {
        let gate = Awaiting { node: name(n) };
        let source = every(Duration::from_secs(1), || async {
            Ok::<_, ObserveError>(probe(&self.access, to, Some(&self.ours)).await)
        });
        self.gates.prove(&gate, Deadline::minutes(5), source).await.unwrap()
    }

    /// Gives the machine its configuration and waits until it runs it.
    async fn configure(&self, n: u8) -> Authority {
        let to = self.power_on(n);
        let state = self.answers(n, &to).await;
        let NodeState::Maintenance { fingerprint } = state else { panic!("{state}") };
        let config = self.config(n);
        deliver(&self.access, &to, &state, Some(fingerprint), &self.ours, &config).await.unwrap();
        self.settled(n, &to).await.unwrap();
        to
    }

    async fn settled(&self, n: u8, to: &Authority) -> Result<(), GateError> {
        let config = self.config(n);
        let gate = RunsConfig { node: name(n), digest: config.digest() };
        let source = every(Duration::from_secs(2), || async {
            Ok::<_, ObserveError>(look(&self.access, to, &self.ours, &config).await)
        });
        self.gates.prove(&gate, Deadline::minutes(10), source).await.map(|_| ())
    }

    async fn client(&self, to: &Authority) -> TalosClient {
        TalosClient::connect(&self.access, to, Identity::Configured(&self.ours)).await.unwrap()
    }

    /// Bootstraps as soon as the machine lets us.
    async fn bootstrap(&self, to: &Authority) -> Result<(), TalosError> {
        loop {
            match self.client(to).await.bootstrap().await {
                Err(error) if error.class() == Class::NotYet => {
                    fluxlift_gate::observe::pace(Duration::from_secs(1)).await;
                }
                other => return other,
            }
        }
    }
}

fn address(n: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 101, 0, n)
}

fn vmid(n: u8) -> u32 {
    101_000 + u32::from(n)
}

fn name(n: u8) -> String {
    if n < 20 { format!("solcp{:02}", n - 10) } else { format!("solwk{:02}", n - 20) }
}

fn config_of(secrets: &SecretsBundle, n: u8) -> MachineConfig {
    let manifest = "apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: from-talos, namespace: kube-system}\\n";
    let patch = format!("cluster: {{inlineManifests: [{{name: a, contents: \"{manifest}\"}}]}}");
    let cluster = ClusterSpec {
        name: "sol".to_owned(),
        endpoint: "https://127.101.0.10:6443".to_owned(),
        contract: Contract::V1_12,
        kubernetes: "v1.35.0".parse().unwrap(),
        pod_subnets: vec!["10.244.0.0/16".parse().unwrap()],
        service_subnets: vec!["10.96.0.0/12".parse().unwrap()],
        dns_domain: "cluster.local".to_owned(),
        patches: vec![],
        control_plane_patches: vec![Patch::parse("manifests", &patch).unwrap()],
        worker_patches: vec![],
    };
    let role = if n < 20 { Role::ControlPlane } else { Role::Worker };
    let interface = Interface {
        mac: Some(format!("BC:24:11:00:65:{n:02X}")),
        addresses: vec![format!("{}/24", address(n)).parse().unwrap()],
        gateway: None,
        mtu: None,
        vip: (role == Role::ControlPlane).then(|| "127.101.0.10".parse().unwrap()),
    };
    let node = NodeSpec {
        name: name(n).parse().unwrap(),
        role,
        install_disk: "/dev/sda".to_owned(),
        installer_image: "ghcr.io/siderolabs/installer:v1.12.0".to_owned(),
        kernel_args: vec![],
        interface: Some(interface),
        patches: vec![],
    };
    generate(&cluster, &node, secrets).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_fresh_machine_waits_in_maintenance_and_prints_its_fingerprint() {
    let lab = Lab::new();
    let to = lab.power_on(11);
    assert!(matches!(probe(&lab.access, &to, None).await, NodeState::Unreachable { .. }), "it boots first");
    let state = lab.answers(11, &to).await;
    let NodeState::Maintenance { fingerprint } = state else { panic!("{state}") };
    let console = lab.datacenter.with(|w| w.talos.machines[&101_011].console.clone());
    assert!(console.iter().any(|line| line.text.contains(&fingerprint.to_string())));
}

#[tokio::test(start_paused = true)]
async fn a_configuration_goes_to_the_pinned_machine_only() {
    let lab = Lab::new();
    let to = lab.power_on(11);
    let state = lab.answers(11, &to).await;
    let config = lab.config(11);
    let unpinned = deliver(&lab.access, &to, &state, None, &lab.ours, &config).await.unwrap_err();
    assert!(matches!(unpinned, TalosError::Empty { .. }), "{unpinned}");
    let wrong = Some(Fingerprint([7; 32]));
    let refused = deliver(&lab.access, &to, &state, wrong, &lab.ours, &config).await.unwrap_err();
    assert!(matches!(refused, TalosError::Untrusted { .. }), "{refused:?}");
    assert!(lab.datacenter.with(|w| w.talos.machines[&101_011].disk.config.is_none()), "it never left this machine");
}

#[tokio::test(start_paused = true)]
async fn a_configured_machine_reboots_into_mutual_tls_and_runs_what_it_was_given() {
    let lab = Lab::new();
    let to = lab.configure(11).await;
    let client = lab.client(&to).await;
    assert_eq!(client.version().await.unwrap(), "v1.12.0");
    assert!(client.config().await.unwrap().unwrap() == lab.config(11));
    let status = client.status().await.unwrap();
    assert!(status.unmet.iter().any(|unmet| unmet.reason == "etcd is not running"), "{status}");
    let anonymous = TalosClient::connect(&lab.access, &to, Identity::Maintenance(Fingerprint([0; 32]))).await;
    assert!(matches!(anonymous, Err(TalosError::Untrusted { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_worker_waits_for_a_control_plane_to_certify_it() {
    let lab = Lab::new();
    let to = lab.power_on(21);
    let state = lab.answers(21, &to).await;
    let NodeState::Maintenance { fingerprint } = state else { panic!("{state}") };
    deliver(&lab.access, &to, &state, Some(fingerprint), &lab.ours, &lab.config(21)).await.unwrap();
    fluxlift_gate::observe::pace(Duration::from_secs(300)).await;
    assert!(matches!(probe(&lab.access, &to, Some(&lab.ours)).await, NodeState::Unreachable { .. }));
    lab.configure(11).await;
    lab.settled(21, &to).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_lost_reply_is_unclear_until_one_looks() {
    let lab = Lab::new();
    let to = lab.power_on(11);
    let state = lab.answers(11, &to).await;
    let NodeState::Maintenance { fingerprint } = state else { panic!("{state}") };
    let fault = TalosFault::LostReply { address: address(11), call: "ApplyConfiguration".to_owned() };
    lab.datacenter.with(|w| w.talos.faults.push(fault));
    let delivery = deliver(&lab.access, &to, &state, Some(fingerprint), &lab.ours, &lab.config(11)).await.unwrap();
    assert!(matches!(delivery, Delivery::Unclear { .. }), "{delivery:?}");
    lab.settled(11, &to).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_machine_of_another_cluster_is_foreign() {
    let mut lab = Lab::new();
    let to = lab.configure(11).await;
    let key = PrivateKey::ed25519(&mut ChaCha20Rng::seed_from_u64(9));
    let now = lab.access.clock.now();
    lab.secrets.certs.os = pki::authority(&key, Some("talos"), now, &mut ChaCha20Rng::seed_from_u64(9)).unwrap();
    let theirs = lab.secrets.admin(now, &mut ChaCha20Rng::seed_from_u64(2)).unwrap();
    assert!(matches!(probe(&lab.access, &to, Some(&theirs)).await, NodeState::Foreign { .. }));
    assert!(matches!(probe(&lab.access, &to, None).await, NodeState::Foreign { .. }));
    assert!(matches!(probe(&lab.access, &to, Some(&lab.ours)).await, NodeState::Ours(_)));
}

#[tokio::test(start_paused = true)]
async fn an_expired_client_certificate_is_named_as_such() {
    let lab = Lab::new();
    let to = lab.configure(11).await;
    let long_ago: Timestamp = "2025-01-02T00:00:00Z".parse().unwrap();
    let expired = lab.secrets.admin(long_ago, &mut ChaCha20Rng::seed_from_u64(3)).unwrap();
    let state = probe(&lab.access, &to, Some(&expired)).await;
    assert_eq!(state.to_string(), "our client certificate expired at 2026-01-02T00:00:00Z");
    // The machine itself refuses it, too.
    let client = TalosClient::connect(&lab.access, &to, Identity::Configured(&expired)).await.unwrap();
    let refused = client.version().await.unwrap_err();
    assert!(matches!(refused, TalosError::Refused { .. }), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn a_certificate_for_more_than_clients_is_refused() {
    let lab = Lab::new();
    let to = lab.configure(11).await;
    let issuer = Issuer::new(&lab.secrets.certs.os, "authority").unwrap();
    let wanted = |usage, role: &str| Issue {
        common_name: None,
        organisation: Some(role.to_owned()),
        usage,
        addresses: vec![],
        names: vec![],
        not_before: lab.access.clock.now(),
        lifetime: Duration::from_secs(3600),
    };
    let mut rng = ChaCha20Rng::seed_from_u64(4);
    let mut meet = |usage, role: &str| ClientIdentity {
        ca: lab.ours.ca.clone(),
        pair: issuer.issue(&wanted(usage, role), &mut rng).unwrap(),
    };
    let (server, reader) = (meet(Usage::Server, "os:admin"), meet(Usage::Client, "os:reader"));
    let client = TalosClient::connect(&lab.access, &to, Identity::Configured(&server)).await.unwrap();
    assert!(matches!(client.version().await, Err(TalosError::Refused { .. })));
    let client = TalosClient::connect(&lab.access, &to, Identity::Configured(&reader)).await.unwrap();
    assert_eq!(client.version().await.unwrap(), "v1.12.0");
    let denied = client.apply(&lab.config(11), ApplyMode::Auto).await.unwrap_err();
    assert!(matches!(denied, TalosError::Answer { code: tonic::Code::PermissionDenied, .. }), "{denied}");
}

#[tokio::test(start_paused = true)]
async fn bootstrap_refuses_in_the_order_that_talos_does() {
    let lab = Lab::new();
    let (cp, wk) = (lab.configure(11).await, lab.configure(21).await);
    let code = |error: TalosError| match error {
        TalosError::Answer { code, .. } => code,
        other => panic!("{other}"),
    };
    let worker = lab.bootstrap(&wk).await.unwrap_err();
    assert_eq!(code(worker), tonic::Code::Unimplemented);
    lab.bootstrap(&cp).await.unwrap();
    let again = lab.client(&cp).await.bootstrap().await.unwrap_err();
    assert_eq!(again.class(), Class::Already);
}

#[tokio::test(start_paused = true)]
async fn nothing_but_us_keeps_a_cluster_from_being_split() {
    let lab = Lab::new();
    let (a, b) = (lab.configure(11).await, lab.configure(12).await);
    lab.bootstrap(&a).await.unwrap();
    lab.bootstrap(&b).await.unwrap();
    assert_eq!(lab.datacenter.with(|w| w.talos.etcd.len()), 2);
    let nodes: BTreeSet<String> = [name(11), name(12)].into();
    let source = every(Duration::from_secs(2), || async {
        let mut seen = BTreeMap::new();
        for (n, to) in [(11, &a), (12, &b)] {
            seen.insert(name(n), look_at_etcd(&lab.access, to, &lab.ours).await);
        }
        Ok::<_, ObserveError>(seen)
    });
    let stuck = lab.gates.prove(&EtcdConsistent { nodes }, Deadline::minutes(5), source).await.unwrap_err();
    assert!(stuck.to_string().contains("etcd is split"), "{stuck}");
}

#[tokio::test(start_paused = true)]
async fn three_control_planes_and_a_worker_become_a_cluster() {
    let lab = Lab::new();
    let mut control_planes = Vec::new();
    for n in [11, 12, 13] {
        control_planes.push((n, lab.configure(n).await));
    }
    lab.configure(21).await;
    lab.bootstrap(&control_planes[0].1).await.unwrap();

    let etcd = || async {
        let mut seen = BTreeMap::new();
        for (n, to) in &control_planes {
            seen.insert(name(*n), look_at_etcd(&lab.access, to, &lab.ours).await);
        }
        Ok::<_, ObserveError>(seen)
    };
    let nodes: BTreeSet<String> = control_planes.iter().map(|(n, _)| name(*n)).collect();
    let gate = EtcdConsistent { nodes: nodes.clone() };
    let seen = lab.gates.prove(&gate, Deadline::minutes(10), every(Duration::from_secs(1), etcd)).await.unwrap();
    assert!(matches!(&seen["solcp03"], EtcdSight::Running(members) if members.len() == 3));

    let kubeconfig = lab.client(&control_planes[0].1).await.kubeconfig().await.unwrap();
    let kubeconfig = Kubeconfig::parse(kubeconfig).unwrap();
    assert_eq!(kubeconfig.server, "https://127.101.0.10:6443");
    let server = kubeconfig.api_server(&lab.access, Authority::new("127.101.0.10", 6443)).unwrap();
    let all: BTreeSet<String> = nodes.into_iter().chain([name(21)]).collect();
    let source = every(Duration::from_secs(1), || async { server.nodes().await.map_err(ObserveError::transient) });
    lab.gates.prove(&NodesRegistered { nodes: all }, Deadline::minutes(10), source).await.unwrap();
    assert_eq!(server.ready().await, Ok(()));

    let key = fluxlift_sim::kube::Key::namespaced(
        &fluxlift_sim::kube::GroupResource::new("", "configmaps"),
        "kube-system",
        "from-talos",
    );
    fluxlift_gate::observe::pace(Duration::from_secs(10)).await;
    assert!(lab.datacenter.with(|w| w.kube.api.get(&key).is_some()), "inline manifests are applied");
}

#[tokio::test(start_paused = true)]
async fn a_rebooting_machine_breaks_its_connections_and_keeps_its_etcd() {
    let lab = Lab::new();
    let to = lab.configure(11).await;
    lab.bootstrap(&to).await.unwrap();
    let client = lab.client(&to).await;
    client.reboot().await.unwrap();
    fluxlift_gate::observe::pace(Duration::from_secs(1)).await;
    let broken = client.version().await.unwrap_err();
    assert_eq!(broken.class(), Class::Away, "{broken:?}");
    assert!(matches!(probe(&lab.access, &to, Some(&lab.ours)).await, NodeState::Unreachable { .. }));
    lab.settled(11, &to).await.unwrap();
    fluxlift_gate::observe::pace(Duration::from_secs(60)).await;
    assert!(matches!(look_at_etcd(&lab.access, &to, &lab.ours).await, EtcdSight::Running(_)));
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_life() {
    let life = async || {
        let lab = Lab::new();
        let to = lab.configure(11).await;
        lab.bootstrap(&to).await.unwrap();
        fluxlift_gate::observe::pace(Duration::from_secs(120)).await;
        let console = lab.datacenter.with(|w| w.talos.machines[&101_011].console.clone());
        console.into_iter().map(|l| (l.at, l.text)).collect::<Vec<_>>()
    };
    let first = life().await;
    assert!(first.len() > 8);
    let start = first[0].0;
    let second = life().await;
    let since = |lines: &[(Timestamp, String)]| {
        let start = lines[0].0;
        lines.iter().map(|(at, text)| (at.duration_since(start), text.clone())).collect::<Vec<_>>()
    };
    assert_eq!(since(&first), since(&second));
    assert_eq!(start, second[0].0);
}

#[tokio::test(start_paused = true)]
async fn a_world_that_was_saved_in_the_middle_of_a_boot_goes_on() {
    let lab = Lab::new();
    lab.power_on(11);
    let text = serde_json::to_string(&lab.datacenter.snapshot()).unwrap();
    let mut world: World = serde_json::from_str(&text).unwrap();
    world.advance_to("2026-03-01T12:01:00Z".parse().unwrap());
    assert!(world.talos.machines[&101_011].in_maintenance());
}
