//! A simulated Proxmox, a journal, and what a state would remember.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use fluxlift_core::{ChangeKind, Deadline, Emitter, EventKind, Timestamp, UnitPath, Value};
use fluxlift_engine::hooks::SystemHooks;
use fluxlift_engine::unit::{Applied, Prior, Unit, UnitContext, UnitSpec, Values};
use fluxlift_gate::{GateContext, TokioClock};
use fluxlift_sim::proxmox::auth;
use fluxlift_sim::{Datacenter, Net, Options, World};
use fluxlift_units::Outside;
use fluxlift_units::compute::Compute;
use serde_json::{Value as Json, json};

use crate::claimant::claimant;
use crate::journal::Journal;

pub(super) const START: &str = "2026-01-01T00:00:00Z";

/// The inputs as the reference tree passes them.
pub(super) fn inputs() -> Json {
    let node = |role: &str, name: &str, offset: u32, cores: u32, memory: u32, disk: u32, host: u32| {
        let node = json!({
            "role": role, "vm_id": 101_000 + offset, "proxmox_node": format!("pve0{host}"), "ip": format!("127.101.0.{offset}"),
            "ipv6": format!("fd00:101::{offset:x}"), "mac_address": format!("BC:24:11:00:65:{offset:02X}"),
            "cpu_cores": cores, "memory_mb": memory, "disk_gb": disk,
        });
        (name.to_owned(), node)
    };
    let mut nodes = serde_json::Map::new();
    for n in 1..=3 {
        nodes.extend([node("control_plane", &format!("solcp0{n}"), 10 + n, 4, 8192, 40, n)]);
        nodes.extend([node("worker", &format!("solwk0{n}"), 20 + n, 6, 16384, 80, n)]);
    }
    json!({
        "cluster_id": 101,
        "cluster_name": "sol",
        "nodes": nodes,
        "ip_config": {
            "network": "127.101.0.0/24", "network_ipv6": "fd00:101::/64", "gateway": "127.101.0.1", "dns_servers": ["127.101.0.1"],
        },
        "network": {
            "bridge": "vmbr0", "mtu": 1500, "vip": "127.101.0.10", "pod_cidr": "10.244.0.0/16", "service_cidr": "10.96.0.0/12",
        },
        "proxmox": {
            "endpoint": "https://127.101.0.2:8006",
            "ca_file": PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fluxlift-sim/pki/pve-root-ca.pem"),
            "api_token": format!("{}={}", auth::TOKEN_ID, auth::TOKEN),
            "nodes": ["pve01", "pve02", "pve03"],
            "datastore_id": "local-lvm",
        },
        "vm_defaults": { "bios": "ovmf", "machine": "q35", "cpu_type": "host", "tags": ["talos", "kubernetes"] },
        "talos_image_file_id": "local:import/talos-v1.12.0-nocloud-amd64.qcow2",
        "talos_version": "v1.12.0",
        "kubernetes_version": "v1.35.0",
    })
}

pub(super) struct Lab {
    pub(super) datacenter: Datacenter,
    pub(super) clock: Arc<TokioClock>,
    pub(super) journal: Journal,
    pub(super) events: Arc<Mutex<Vec<EventKind>>>,
    pub(super) prior: Option<Prior>,
    pub(super) cx: GateContext,
}

impl Lab {
    pub(super) fn new() -> Self {
        let clock = Arc::new(TokioClock::starting_at(START.parse::<Timestamp>().unwrap()));
        let datacenter = Datacenter::new(World::new(Options::default(), START.parse().unwrap()), clock.clone());
        datacenter.run();
        let events: Arc<Mutex<Vec<EventKind>>> = Arc::default();
        let sink = Arc::clone(&events);
        let mut cx = GateContext::quiet(clock.clone());
        cx.events = Emitter::new(move |event| sink.lock().unwrap().push(event));
        Self { datacenter, clock, journal: Journal::default(), events, prior: None, cx }
    }

    pub(super) fn unit(&self, inputs: Json) -> Compute {
        let outside = Outside {
            dial: Arc::new(Net::new(self.datacenter.clone())),
            clock: self.clock.clone(),
            seed: Some(1),
            scripts: Arc::new(SystemHooks::alone()),
            env: BTreeMap::new(),
        };
        let inputs: Values = match Value::from(inputs) {
            Value::Map(map) => map,
            other => panic!("{other:?}"),
        };
        let path = UnitPath::new("compute").unwrap();
        let spec = UnitSpec { path, dir: "/".into(), repo_root: "/".into(), module: "cluster_core".into(), inputs };
        Compute::new(spec, Arc::new(outside))
    }

    pub(super) fn cx(&self) -> UnitContext {
        UnitContext {
            gates: self.cx.clone(),
            acts: Arc::new(self.journal.clone()),
            prior: self.prior.clone(),
            deadline: Deadline::minutes(30),
            claimant: claimant("tests"),
            seed: 1,
        }
    }

    pub(super) async fn apply(&mut self, inputs: Json) -> Applied {
        let applied = self.unit(inputs).apply(&self.cx()).await.unwrap();
        self.prior = Some(Prior { outputs: applied.outputs.clone(), identity: applied.identity.clone() });
        applied
    }

    pub(super) async fn destroy(&self, inputs: Json) {
        self.unit(inputs).destroy(&self.cx()).await.unwrap();
    }

    pub(super) async fn plan(&self, inputs: Json) -> (ChangeKind, String) {
        let change = self.unit(inputs).plan(&self.cx()).await.unwrap();
        (change.kind, change.reasons.join("\n"))
    }

    /// Tasks of this kind, by the machine that they were about.
    pub(super) fn tasks(&self, kind: &str) -> Vec<String> {
        self.datacenter.with(|world| {
            let tasks = world.proxmox.tasks.values().filter(|task| task.kind == kind);
            let mut ids: Vec<String> = tasks.map(|task| task.id.clone()).collect();
            ids.sort();
            ids
        })
    }

    pub(super) fn running(&self) -> Vec<u32> {
        self.datacenter.with(|world| world.machines.keys().copied().collect())
    }

    pub(super) fn warnings(&self) -> Vec<String> {
        let events = self.events.lock().unwrap();
        let warning = |event: &EventKind| match event {
            EventKind::Warning { message } => Some(message.clone()),
            _ => None,
        };
        events.iter().filter_map(warning).collect()
    }

    /// Puts a machine of somebody else into the cluster.
    pub(super) fn stranger(&self, id: u32) {
        self.datacenter.with(|world| {
            let config = [("name", "nas"), ("net0", "virtio=BC:24:11:99:99:99,bridge=vmbr0"), ("memory", "4096")];
            let guest = fluxlift_sim::proxmox::guest::Guest {
                host: "pve02".into(),
                config: config.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
                pending: BTreeMap::new(),
                running: true,
                lock: None,
                image: None,
            };
            world.proxmox.guests.insert(id, guest);
        });
    }
}

pub(super) const ALL: [u32; 6] = [101_011, 101_012, 101_013, 101_021, 101_022, 101_023];
