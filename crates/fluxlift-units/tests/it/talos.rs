//! `secrets`, `config`, `apply` and `bootstrap` against simulated machines.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};

use fluxlift_core::{
    Act, ActLog, ChangeKind, Clock, Deadline, Emitter, ErrorKind, EventKind, Timestamp, UnitPath, Value,
};
use fluxlift_engine::hooks::SystemHooks;
use fluxlift_engine::unit::{Applied, Change, Modules, Prior, Unit, UnitContext, UnitError, UnitSpec, Values};
use fluxlift_gate::observe::pace;
use fluxlift_gate::{GateContext, TokioClock};
use fluxlift_sim::machine::{MachineSpec, Power};
use fluxlift_sim::talos::TalosFault;
use fluxlift_sim::{Datacenter, Net, Options, World};
use fluxlift_talos::SecretsBundle;
use fluxlift_talos::client::{Access, Identity, TalosClient};
use fluxlift_units::{NativeModules, Outside};
use serde_json::{Value as Json, json};

use crate::claimant::claimant;
use crate::journal::Journal;

const START: &str = "2026-03-01T12:00:00Z";
const BUNDLE: &str = include_str!("../../../fluxlift-talos/testdata/secrets.yaml");
const NAMES: [(&str, u8); 4] = [("solcp01", 11), ("solcp02", 12), ("solcp03", 13), ("solwk01", 21)];

/// A datacenter, a journal, a repository folder, and what a state would remember.
struct Lab {
    datacenter: Datacenter,
    clock: Arc<dyn Clock>,
    journal: Journal,
    repo: tempfile::TempDir,
    env: BTreeMap<String, String>,
    seed: u64,
    state: BTreeMap<String, Prior>,
    steps: Arc<Mutex<Vec<String>>>,
    cx: GateContext,
}

impl Lab {
    fn new() -> Self {
        Self::with_env([])
    }

    fn with_env<const N: usize>(env: [(&str, &str); N]) -> Self {
        let start: Timestamp = START.parse().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::starting_at(start));
        let datacenter = Datacenter::new(World::new(Options::default(), start), Arc::clone(&clock));
        drop(datacenter.run());
        let steps: Arc<Mutex<Vec<String>>> = Arc::default();
        let sink = Arc::clone(&steps);
        let mut cx = GateContext::quiet(Arc::clone(&clock));
        cx.events = Emitter::new(move |event| match event {
            EventKind::Step { verb, what } => sink.lock().unwrap().push(format!("{verb} {what}")),
            EventKind::Warning { message } => sink.lock().unwrap().push(format!("warning {message}")),
            _ => {}
        });
        Self {
            datacenter,
            clock,
            journal: Journal::default(),
            repo: tempfile::tempdir().unwrap(),
            env: env.map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
            // With this seed and the one below an RSA key is found early.
            seed: 197,
            state: BTreeMap::new(),
            steps,
            cx,
        }
    }

    fn power_on_all(&self) {
        for (name, n) in NAMES {
            let spec = MachineSpec {
                vmid: 101_000 + u32::from(n),
                name: name.to_owned(),
                host: "pve01".to_owned(),
                address: Ipv4Addr::new(127, 101, 0, n),
                mac: format!("BC:24:11:00:65:{n:02X}"),
                cores: 4,
                memory_mib: 8192,
                talos_version: "v1.12.0".to_owned(),
            };
            self.datacenter.with(|world| world.power(Power::On(spec)));
        }
    }

    fn unit(&self, module: &str, inputs: &Values) -> Box<dyn Unit> {
        let outside = Outside {
            dial: Arc::new(Net::new(self.datacenter.clone())),
            clock: Arc::clone(&self.clock),
            seed: Some(self.seed),
            scripts: Arc::new(SystemHooks::alone()),
            env: self.env.clone(),
        };
        let modules = NativeModules { outside: Arc::new(outside), strategy: fluxlift_flux::Strategy::default() };
        let spec = UnitSpec {
            path: UnitPath::new(module).unwrap(),
            dir: self.repo.path().join(module),
            repo_root: self.repo.path().to_owned(),
            module: module.to_owned(),
            inputs: inputs.clone(),
        };
        modules.unit(spec).unwrap()
    }

    fn context(&self, module: &str) -> UnitContext {
        UnitContext {
            gates: self.cx.clone(),
            acts: Arc::new(self.journal.clone()),
            prior: self.state.get(module).cloned(),
            deadline: Deadline::minutes(60),
            claimant: claimant("tests"),
            seed: 1,
        }
    }

    async fn plan(&self, module: &str, inputs: &Values) -> Result<Change, UnitError> {
        self.unit(module, inputs).plan(&self.context(module)).await
    }

    /// Applies a unit and remembers it.
    async fn apply(&mut self, module: &str, inputs: &Values) -> Result<Applied, UnitError> {
        let applied = self.unit(module, inputs).apply(&self.context(module)).await?;
        let prior = Prior { outputs: applied.outputs.clone(), identity: applied.identity.clone() };
        self.state.insert(module.to_owned(), prior);
        Ok(applied)
    }

    fn output(&self, module: &str, name: &str) -> Value {
        self.state[module].outputs[name].clone()
    }

    fn secrets_inputs() -> Values {
        values(json!({ "talos_version": "v1.12.0", "secrets_yaml": BUNDLE }))
    }

    fn config_inputs(&self) -> Values {
        let ips: serde_json::Map<String, Json> =
            NAMES.iter().map(|(name, n)| ((*name).to_owned(), json!(format!("127.101.0.{n}")))).collect();
        let mut inputs = values(json!({
            "cluster_name": "sol", "cluster_id": 101, "cluster_endpoint": "https://127.101.0.10:6443",
            "talos_version": "v1.12.0", "kubernetes_version": "v1.35.0",
            "all_node_ips": ips, "control_plane_names": ["solcp01", "solcp02", "solcp03"],
            "vips": { "kubernetes": "127.101.0.10" },
            "pod_cidrs": ["10.244.0.0/16"], "service_cidrs": ["10.96.0.0/12"], "dns_domain": "cluster.local",
            "dns_servers": ["127.101.0.1"], "ntp_servers": ["time.cloudflare.com"],
            "gateway": "127.101.0.1", "prefix_length": 24, "mtu": 1500,
            "install_disk": "/dev/sda", "install_image": "factory.talos.dev/nocloud-installer/abc:v1.12.0",
            "kernel_args": ["net.ifnames=0"], "extensions": ["siderolabs/iscsi-tools"],
            "patches": {
                "cluster": ["machine: {sysctls: {a: \"1\"}}\ncluster: {network: {cni: {name: none}}}"],
                "control_plane": [], "worker": [],
                "nodes": { "solwk01": ["machine: {nodeLabels: {zone: pve01}}"] },
            },
        }));
        for name in ["machine_secrets", "client_configuration"] {
            inputs.insert(name.to_owned(), self.output("talos_secrets", name));
        }
        inputs
    }

    fn apply_inputs(&self) -> Values {
        let mut inputs = values(json!({ "maintenance_trust": "first-use" }));
        for name in ["machine_configs", "all_node_names", "all_node_ips", "client_configuration", "talosconfig"] {
            inputs.insert(name.to_owned(), self.output("talos_config", name));
        }
        inputs
    }

    fn bootstrap_inputs(&self) -> Values {
        let mut inputs = values(json!({
            "cluster_endpoint": "https://127.101.0.10:6443",
            "control_plane_nodes": { "solcp01": "127.101.0.11", "solcp02": "127.101.0.12", "solcp03": "127.101.0.13" },
            "repo_root": self.repo.path(),
        }));
        for name in ["client_configuration", "talosconfig", "all_node_names"] {
            inputs.insert(name.to_owned(), self.output("talos_config", name));
        }
        inputs
    }

    /// Secrets and configurations, as everything later needs them.
    async fn prepared(&mut self) {
        self.apply("talos_secrets", &Self::secrets_inputs()).await.unwrap();
        self.apply("talos_config", &self.config_inputs()).await.unwrap();
    }

    async fn configured(&mut self) {
        self.prepared().await;
        self.power_on_all();
        self.apply("talos_apply_config", &self.apply_inputs()).await.unwrap();
    }

    /// Calls bootstrap on a machine behind the unit's back.
    async fn somebody_bootstraps(&self, n: u8) {
        let access = Access::new(Arc::new(Net::new(self.datacenter.clone())), Arc::clone(&self.clock));
        let secrets: SecretsBundle = BUNDLE.parse().unwrap();
        let admin = secrets.admin(self.clock.now(), &mut rand_chacha::ChaCha20Rng::from_seed([5; 32])).unwrap();
        let to = Access::api(format!("127.101.0.{n}"));
        loop {
            let client = TalosClient::connect(&access, &to, Identity::Configured(&admin)).await.unwrap();
            if client.bootstrap().await.is_ok() {
                return;
            }
            pace(std::time::Duration::from_secs(1)).await;
        }
    }

    fn fault(&self, fault: TalosFault) {
        self.datacenter.with(|world| world.talos.faults.push(fault));
    }

    fn steps(&self) -> Vec<String> {
        self.steps.lock().unwrap().clone()
    }
}

use rand::SeedableRng;

fn values(json: Json) -> Values {
    Value::from(json).as_map().unwrap().clone()
}

fn kinds(change: &Change) -> (ChangeKind, Vec<&str>) {
    (change.kind, change.reasons.iter().map(String::as_str).collect())
}

#[tokio::test(start_paused = true)]
async fn secrets_are_imported_once_and_then_kept() {
    let mut lab = Lab::new();
    let inputs = Lab::secrets_inputs();
    assert_eq!(lab.plan("talos_secrets", &inputs).await.unwrap().kind, ChangeKind::Create);
    let applied = lab.apply("talos_secrets", &inputs).await.unwrap();
    assert!(applied.outputs.values().all(|v| matches!(v, Value::Sensitive(_))), "every output is marked");
    assert_eq!(lab.plan("talos_secrets", &inputs).await.unwrap(), Change::none());
    let again = lab.apply("talos_secrets", &inputs).await.unwrap();
    assert!(again.outputs == applied.outputs, "a second apply changes nothing");
    // Without the file that was imported they are still there.
    let bare = values(json!({ "talos_version": "v1.12.0" }));
    assert_eq!(lab.plan("talos_secrets", &bare).await.unwrap(), Change::none());
}

#[tokio::test(start_paused = true)]
async fn an_administrators_certificate_is_renewed_in_its_last_month_and_nothing_else() {
    let mut lab = Lab::new();
    let inputs = Lab::secrets_inputs();
    lab.apply("talos_secrets", &inputs).await.unwrap();
    let before = lab.state["talos_secrets"].outputs.clone();
    pace(std::time::Duration::from_secs(340 * 24 * 3600)).await;
    let change = lab.plan("talos_secrets", &inputs).await.unwrap();
    assert_eq!(
        kinds(&change),
        (ChangeKind::Update, vec!["the administrator's certificate ends at 2027-03-01T12:00:00Z"])
    );
    lab.apply("talos_secrets", &inputs).await.unwrap();
    let after = &lab.state["talos_secrets"].outputs;
    assert!(before["secrets_yaml"] == after["secrets_yaml"]);
    assert!(before["client_configuration"] != after["client_configuration"]);
}

#[tokio::test(start_paused = true)]
async fn secrets_are_drawn_anew_or_let_go_only_when_told() {
    let mut lab = Lab::new();
    let inputs = Lab::secrets_inputs();
    lab.apply("talos_secrets", &inputs).await.unwrap();
    let unit = lab.unit("talos_secrets", &inputs);
    let error = unit.destroy(&lab.context("talos_secrets")).await.unwrap_err();
    assert!(error.to_string().contains("would be lost"), "{error}");
    lab.env.insert("TALOS_DESTROY_SECRETS".to_owned(), "1".to_owned());
    lab.unit("talos_secrets", &inputs).destroy(&lab.context("talos_secrets")).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn new_secrets_are_drawn_once_for_the_authority_that_is_named_and_not_again_on_resume() {
    let mut lab = Lab::new();
    let inputs = values(json!({ "talos_version": "v1.12.0" }));
    lab.apply("talos_secrets", &inputs).await.unwrap();
    let first = lab.state["talos_secrets"].identity["authority"].as_str().unwrap().to_owned();

    lab.env.insert("TALOS_REGENERATE_SECRETS".to_owned(), "1".to_owned());
    let error = lab.plan("talos_secrets", &inputs).await.unwrap_err();
    assert!(error.to_string().contains("does not say which"), "{error}");
    let hint = error.hints()[0].to_string();
    assert!(hint.starts_with(&format!("TALOS_REGENERATE_SECRETS={first} ")), "{hint}");

    lab.env.insert("TALOS_REGENERATE_SECRETS".to_owned(), first.clone());
    assert_eq!(lab.plan("talos_secrets", &inputs).await.unwrap().kind, ChangeKind::Replace);
    // Another draw than the first, which in a demonstration has the same seed.
    lab.seed = 11;
    let drawn = lab.apply("talos_secrets", &inputs).await.unwrap();
    assert_ne!(drawn.identity["authority"], json!(first));

    // The run went on, failed somewhere else, and is resumed with the same variables.
    lab.seed = 3;
    assert_eq!(lab.plan("talos_secrets", &inputs).await.unwrap(), Change::none());
    let again = lab.apply("talos_secrets", &inputs).await.unwrap();
    assert!(again.outputs == drawn.outputs, "nothing was drawn a third time");
}

#[tokio::test(start_paused = true)]
async fn a_wrongly_typed_secret_is_told_by_its_place_and_not_by_its_value() {
    let lab = Lab::new();
    for (input, value) in [("secrets_yaml", json!(["hunter2"])), ("secrets_yaml", json!({ "hunter2": 1 }))] {
        let mut inputs = values(json!({ "talos_version": "v1.12.0" }));
        inputs.insert(input.to_owned(), Value::from(value).sensitive());
        let error = lab.plan("talos_secrets", &inputs).await.unwrap_err();
        assert!(error.chain().starts_with("the inputs of talos_secrets do not fit: secrets_yaml: expected a string"));
        assert!(!error.chain().contains("hunter2"), "{}", error.chain());
    }
    let inputs: Values =
        [("client_configuration".to_owned(), Value::from("{\"client_key\": \"hunter2\"}").sensitive())].into();
    let error = lab.plan("talos_apply_config", &inputs).await.unwrap_err();
    assert!(error.chain().contains("client_configuration: expected"), "{}", error.chain());
    assert!(!error.chain().contains("hunter2"), "{}", error.chain());
}

#[tokio::test(start_paused = true)]
async fn a_version_that_nothing_can_be_generated_for_is_refused_before_secrets_are_drawn_for_it() {
    let mut lab = Lab::new();
    let inputs = values(json!({ "talos_version": "v1.14.0" }));
    let refused = "machine configurations for Talos 1.14 are not supported yet";
    assert_eq!(lab.plan("talos_secrets", &inputs).await.unwrap_err().to_string(), refused);
    assert_eq!(lab.apply("talos_secrets", &inputs).await.unwrap_err().to_string(), refused);
    let checks = lab.unit("talos_secrets", &inputs).preflight(&lab.context("talos_secrets")).await;
    assert_eq!(checks[0].outcome, Err(refused.to_owned()));
    assert_eq!(lab.journal.records(), 0);
}

#[tokio::test(start_paused = true)]
async fn secrets_are_not_drawn_when_the_journal_cannot_record_it() {
    let mut lab = Lab::new();
    lab.journal.dies_at(Some(0));
    let error = lab.apply("talos_secrets", &values(json!({ "talos_version": "v1.12.0" }))).await.unwrap_err();
    assert_eq!(error.to_string(), "the journal did not take a record");
}

#[tokio::test(start_paused = true)]
async fn a_changed_patch_names_the_machines_that_it_changes() {
    let mut lab = Lab::new();
    lab.prepared().await;
    let mut inputs = lab.config_inputs();
    assert_eq!(lab.plan("talos_config", &inputs).await.unwrap(), Change::none());
    let mut json = Value::Map(inputs.clone()).reveal();
    json["patches"]["nodes"]["solwk01"] = json!(["machine: {nodeLabels: {zone: pve02}}"]);
    inputs.insert("patches".to_owned(), Value::from(json["patches"].clone()));
    let change = lab.plan("talos_config", &inputs).await.unwrap();
    assert_eq!(kinds(&change), (ChangeKind::Update, vec!["the configuration of solwk01 changes"]));
}

#[tokio::test(start_paused = true)]
async fn machine_configurations_are_hidden_and_addresses_are_not() {
    let mut lab = Lab::new();
    lab.prepared().await;
    let shown = Value::Map(lab.state["talos_config"].outputs.clone()).redacted();
    assert_eq!(shown["machine_configs"]["solcp01"], "(sensitive)");
    assert_eq!(shown["talosconfig"], "(sensitive)");
    assert_eq!(shown["control_plane_ips"], json!(["127.101.0.11", "127.101.0.12", "127.101.0.13"]));
    assert_eq!(shown["all_node_ips"]["solwk01"], "127.101.0.21");
}

#[tokio::test(start_paused = true)]
async fn machines_get_their_configuration_and_a_second_apply_sends_nothing() {
    let mut lab = Lab::new();
    lab.prepared().await;
    lab.power_on_all();
    let inputs = lab.apply_inputs();
    let change = lab.plan("talos_apply_config", &inputs).await.unwrap();
    assert_eq!(change.kind, ChangeKind::Create);
    let applied = lab.apply("talos_apply_config", &inputs).await.unwrap();
    assert_eq!(applied.outputs["applied_nodes"].as_list().unwrap().len(), 4);
    assert_eq!(lab.plan("talos_apply_config", &inputs).await.unwrap(), Change::none());
    let boots = |lab: &Lab| lab.datacenter.with(|w| w.talos.machines.values().map(|m| m.boot).collect::<Vec<_>>());
    let before = boots(&lab);
    lab.apply("talos_apply_config", &inputs).await.unwrap();
    assert_eq!(boots(&lab), before, "nothing rebooted");
    assert!(lab.steps().contains(&"found every machine running its configuration".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_changed_configuration_is_drift_and_is_put_right() {
    let mut lab = Lab::new();
    lab.configured().await;
    let mut inputs = lab.config_inputs();
    let mut json = Value::Map(inputs.clone()).reveal();
    json["patches"]["nodes"]["solwk01"] = json!(["machine: {nodeLabels: {zone: pve02}}"]);
    inputs.insert("patches".to_owned(), Value::from(json["patches"].clone()));
    lab.apply("talos_config", &inputs).await.unwrap();
    let inputs = lab.apply_inputs();
    let change = lab.plan("talos_apply_config", &inputs).await.unwrap();
    assert_eq!(kinds(&change), (ChangeKind::Update, vec!["solwk01 runs another configuration"]));
    lab.apply("talos_apply_config", &inputs).await.unwrap();
    assert_eq!(lab.plan("talos_apply_config", &inputs).await.unwrap(), Change::none());
}

#[tokio::test(start_paused = true)]
async fn an_unpinned_machine_gets_nothing_unless_the_tree_says_so() {
    let mut lab = Lab::new();
    lab.prepared().await;
    lab.power_on_all();
    let mut inputs = lab.apply_inputs();
    inputs.remove("maintenance_trust");
    let error = lab.apply("talos_apply_config", &inputs).await.unwrap_err();
    assert!(error.to_string().contains("is not pinned"), "{error}");
    assert!(lab.datacenter.with(|w| w.talos.machines.values().all(|m| m.disk.config.is_none())));
    // The hint has the fingerprints: pinned by them, the machines get their configurations.
    let pins = lab.datacenter.with(|w| {
        let of = |m: &fluxlift_sim::talos::Machine| {
            let line = m.console.iter().rev().find_map(|l| l.text.split("fingerprint ").nth(1).map(str::to_owned));
            (m.spec.name.clone(), Value::from(line.unwrap()))
        };
        w.talos.machines.values().map(of).collect::<BTreeMap<_, _>>()
    });
    inputs.insert("node_fingerprints".to_owned(), Value::Map(pins));
    lab.apply("talos_apply_config", &inputs).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn lost_requests_and_replies_end_in_configured_machines() {
    let mut lab = Lab::new();
    lab.prepared().await;
    lab.power_on_all();
    let call = || "ApplyConfiguration".to_owned();
    lab.fault(TalosFault::LostReply { address: Ipv4Addr::new(127, 101, 0, 11), call: call() });
    lab.fault(TalosFault::LostRequest { address: Ipv4Addr::new(127, 101, 0, 12), call: call() });
    lab.apply("talos_apply_config", &lab.apply_inputs()).await.unwrap();
    assert_eq!(lab.plan("talos_apply_config", &lab.apply_inputs()).await.unwrap(), Change::none());
}

#[tokio::test(start_paused = true)]
async fn a_cluster_is_bootstrapped_once_and_its_kubeconfig_is_private() {
    let mut lab = Lab::new();
    lab.configured().await;
    let inputs = lab.bootstrap_inputs();
    assert_eq!(lab.plan("talos_bootstrap", &inputs).await.unwrap().kind, ChangeKind::Create);
    let applied = lab.apply("talos_bootstrap", &inputs).await.unwrap();
    assert_eq!(lab.datacenter.with(|w| w.talos.etcd.len()), 1);
    let machine = lab.datacenter.with(|w| w.talos.machines[&101_011].uuid.clone());
    assert_eq!(applied.identity, json!({ "node": "solcp01", "machine": machine }));
    let path = std::path::PathBuf::from(applied.outputs["kubeconfig_path"].as_str().unwrap());
    assert_eq!(path, lab.repo.path().join(".kube/sol.yaml"));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), applied.outputs["kubeconfig"].as_str().unwrap());
    let gates: Vec<String> = lab.cx.ledger.proofs().iter().map(|p| p.gate.to_string()).collect();
    for gate in [
        "etcd members consistent",
        "kube-apiserver ready on each control plane",
        "cluster endpoint answers",
        "nodes registered",
    ] {
        assert!(gates.iter().any(|g| g == gate), "{gate} is not in {gates:?}");
    }

    assert_eq!(lab.plan("talos_bootstrap", &inputs).await.unwrap(), Change::none());
    let again = lab.apply("talos_bootstrap", &inputs).await.unwrap();
    assert!(again.outputs == applied.outputs);
    std::fs::remove_file(&path).unwrap();
    let change = lab.plan("talos_bootstrap", &inputs).await.unwrap();
    assert_eq!(change.kind, ChangeKind::Update, "{change:?}");
    lab.apply("talos_bootstrap", &inputs).await.unwrap();
    assert!(path.exists());
    lab.unit("talos_bootstrap", &inputs).destroy(&lab.context("talos_bootstrap")).await.unwrap();
    assert!(!path.exists());
}

#[tokio::test(start_paused = true)]
async fn etcd_that_somebody_else_began_is_not_split() {
    let mut lab = Lab::new();
    lab.configured().await;
    lab.somebody_bootstraps(12).await;
    pace(std::time::Duration::from_secs(10)).await;
    let error = lab.apply("talos_bootstrap", &lab.bootstrap_inputs()).await.unwrap_err();
    assert!(error.to_string().contains("etcd already runs on solcp02"), "{error}");
    assert_eq!(lab.datacenter.with(|w| w.talos.etcd.len()), 1);
}

#[tokio::test(start_paused = true)]
async fn etcd_that_was_there_when_the_call_came_is_not_taken_for_ours_by_the_next_run() {
    let mut lab = Lab::new();
    lab.configured().await;
    lab.fault(TalosFault::Forestalled { address: Ipv4Addr::new(127, 101, 0, 11) });
    let error = lab.apply("talos_bootstrap", &lab.bootstrap_inputs()).await.unwrap_err();
    assert_eq!(error.to_string(), "solcp01 has etcd data already, and no bootstrap of it is recorded");
    pace(std::time::Duration::from_secs(10)).await;
    let error = lab.apply("talos_bootstrap", &lab.bootstrap_inputs()).await.unwrap_err();
    assert!(error.to_string().contains("it was not bootstrapped from here"), "{error}");
    // It is somebody else's, and one whole cluster of our machines in the end: adopted, not founded.
    pace(std::time::Duration::from_secs(300)).await;
    let applied = lab.apply("talos_bootstrap", &lab.bootstrap_inputs()).await.unwrap();
    assert_eq!(applied.identity, json!({ "node": null }));
    assert_eq!(lab.datacenter.with(|w| w.talos.etcd.len()), 1);
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_was_reset_after_it_refused_is_bootstrapped() {
    let mut lab = Lab::new();
    lab.configured().await;
    lab.fault(TalosFault::Forestalled { address: Ipv4Addr::new(127, 101, 0, 11) });
    lab.apply("talos_bootstrap", &lab.bootstrap_inputs()).await.unwrap_err();
    // Somebody else's cluster is gone, and the machines are what they were before.
    lab.datacenter.with(|world| {
        for machine in world.talos.machines.values_mut() {
            machine.disk.etcd = None;
        }
        world.talos.etcd.clear();
    });
    for (_, n) in NAMES {
        lab.datacenter.with(|world| world.power(Power::Off { vmid: 101_000 + u32::from(n) }));
    }
    lab.power_on_all();
    pace(std::time::Duration::from_secs(120)).await;
    let applied = lab.apply("talos_bootstrap", &lab.bootstrap_inputs()).await.unwrap();
    assert_eq!(applied.identity["node"], "solcp01");
}

#[tokio::test(start_paused = true)]
async fn a_whole_cluster_that_was_there_is_adopted() {
    let mut lab = Lab::new();
    lab.configured().await;
    lab.somebody_bootstraps(12).await;
    pace(std::time::Duration::from_secs(300)).await;
    let applied = lab.apply("talos_bootstrap", &lab.bootstrap_inputs()).await.unwrap();
    assert_eq!(applied.identity, json!({ "node": null }));
    assert_eq!(lab.datacenter.with(|w| w.talos.etcd.len()), 1);
}

#[tokio::test(start_paused = true)]
async fn a_lost_reply_to_bootstrap_is_success_on_the_recorded_machine() {
    let mut lab = Lab::new();
    lab.configured().await;
    lab.fault(TalosFault::LostReply { address: Ipv4Addr::new(127, 101, 0, 11), call: "Bootstrap".to_owned() });
    lab.apply("talos_bootstrap", &lab.bootstrap_inputs()).await.unwrap();
    assert_eq!(lab.datacenter.with(|w| w.talos.etcd.len()), 1);
}

#[tokio::test(start_paused = true)]
async fn a_bootstrap_that_died_at_any_record_is_resumed_without_a_second_one() {
    for record in 0..3 {
        let mut lab = Lab::new();
        lab.configured().await;
        lab.journal.dies_at(Some(lab.journal.records() + record));
        let first = lab.apply("talos_bootstrap", &lab.bootstrap_inputs()).await;
        assert_eq!(first.is_err(), record < 2, "a bootstrap has two records");
        lab.journal.dies_at(None);
        lab.apply("talos_bootstrap", &lab.bootstrap_inputs()).await.unwrap();
        assert_eq!(lab.datacenter.with(|w| w.talos.etcd.len()), 1, "after a death at record {record}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_recorded_bootstrap_is_not_moved_to_another_machine() {
    let mut lab = Lab::new();
    lab.configured().await;
    lab.journal.intend(&Act::new("etcd.bootstrap", "etcd").with_detail(json!({ "node": "solcp03" }))).unwrap();
    lab.somebody_bootstraps(11).await;
    pace(std::time::Duration::from_secs(10)).await;
    let error = lab.apply("talos_bootstrap", &lab.bootstrap_inputs()).await.unwrap_err();
    assert!(error.to_string().contains("was recorded for solcp03"), "{error}");
    assert_eq!(error.kind(), ErrorKind::Failed);
}

#[tokio::test(start_paused = true)]
async fn a_control_plane_that_is_dark_stops_the_bootstrap() {
    let mut lab = Lab::new();
    lab.configured().await;
    lab.datacenter.with(|w| w.power(Power::Off { vmid: 101_013 }));
    let error = lab.apply("talos_bootstrap", &lab.bootstrap_inputs()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotProven);
    assert!(error.to_string().contains("solcp03"), "{error}");
    assert!(lab.datacenter.with(|w| w.talos.etcd.is_empty()));
}

impl Lab {
    /// Destroys all machines and makes them anew, with the same names and addresses.
    async fn rebuilt(&mut self) {
        for (_, n) in NAMES {
            let vmid = 101_000 + u32::from(n);
            self.datacenter.with(|world| {
                world.power(Power::Off { vmid });
                world.power(Power::Destroyed { vmid });
                world.talos.etcd.clear();
            });
        }
        pace(std::time::Duration::from_secs(60)).await;
        self.power_on_all();
        self.apply("talos_apply_config", &self.apply_inputs()).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_cluster_whose_machines_were_made_anew_is_bootstrapped_again() {
    let mut lab = Lab::new();
    lab.configured().await;
    let first = lab.apply("talos_bootstrap", &lab.bootstrap_inputs()).await.unwrap();
    lab.rebuilt().await;
    let second = lab.apply("talos_bootstrap", &lab.bootstrap_inputs()).await.unwrap();
    assert_ne!(first.identity["machine"], second.identity["machine"]);
    assert_eq!(lab.datacenter.with(|w| w.talos.etcd.len()), 1);
}

#[tokio::test(start_paused = true)]
async fn a_bootstrap_of_machines_that_were_wiped_is_stuck_with_its_cause_in_minutes() {
    let mut lab = Lab::new();
    lab.configured().await;
    lab.apply("talos_bootstrap", &lab.bootstrap_inputs()).await.unwrap();
    // The same machines, without what was on their disks.
    for (_, n) in NAMES {
        let vmid = 101_000 + u32::from(n);
        lab.datacenter.with(|world| {
            world.power(Power::Off { vmid });
            world.talos.machines.get_mut(&vmid).unwrap().disk = fluxlift_sim::talos::Disk::default();
            world.talos.etcd.clear();
        });
    }
    lab.power_on_all();
    lab.apply("talos_apply_config", &lab.apply_inputs()).await.unwrap();
    let began = lab.clock.now();
    let error = lab.apply("talos_bootstrap", &lab.bootstrap_inputs()).await.unwrap_err();
    assert!(error.to_string().contains("although its bootstrap is recorded"), "{error}");
    assert!(error.hints()[0].to_string().contains("`fluxlift state rm`"), "{:?}", error.hints());
    assert!(lab.clock.now().duration_since(began).as_mins() < 8);
    assert!(lab.datacenter.with(|w| w.talos.etcd.is_empty()));
}

#[tokio::test(start_paused = true)]
async fn an_etcd_that_somebody_stopped_is_never_bootstrapped_over() {
    let mut lab = Lab::new();
    lab.configured().await;
    lab.somebody_bootstraps(12).await;
    pace(std::time::Duration::from_secs(60)).await;
    lab.datacenter.with(|w| {
        for machine in w.talos.machines.values_mut().filter(|m| m.disk.etcd.is_some()) {
            machine.etcd = fluxlift_sim::talos::EtcdState::Stopped;
        }
    });
    let error = lab.apply("talos_bootstrap", &lab.bootstrap_inputs()).await.unwrap_err();
    assert!(error.to_string().contains("neither waits nor runs (Finished)"), "{error}");
    assert_eq!(lab.datacenter.with(|w| w.talos.etcd.len()), 1);
}

#[tokio::test(start_paused = true)]
async fn a_bootstrap_is_cancelled_while_the_machine_says_not_now() {
    let mut lab = Lab::new();
    lab.configured().await;
    let cancel = lab.cx.cancel.clone();
    lab.datacenter.with(|w| w.talos.machines.get_mut(&101_011).unwrap().time_synced = false);
    let stop = async {
        pace(std::time::Duration::from_secs(30)).await;
        cancel.cancel();
    };
    let began = lab.clock.now();
    let (applied, ()) = tokio::join!(lab.apply_once("talos_bootstrap"), stop);
    let error = applied.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
    assert!(error.to_string().contains("time is not in sync"), "{error}");
    assert!(lab.clock.now().duration_since(began).as_secs() < 60);
}

impl Lab {
    async fn apply_once(&self, module: &str) -> Result<Applied, UnitError> {
        self.unit(module, &self.bootstrap_inputs()).apply(&self.context(module)).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_member_that_is_just_booting_is_not_taken_for_a_new_machine() {
    let mut lab = Lab::new();
    lab.configured().await;
    lab.somebody_bootstraps(12).await;
    pace(std::time::Duration::from_secs(60)).await;
    // All of them joined, and all reboot at once: etcd runs nowhere, and the state is lost.
    for (_, n) in NAMES {
        lab.datacenter.with(|world| world.power(Power::Off { vmid: 101_000 + u32::from(n) }));
    }
    lab.power_on_all();
    let error = lab.apply("talos_bootstrap", &lab.bootstrap_inputs()).await.unwrap_err();
    assert!(error.to_string().contains("etcd already runs on"), "{error}");
    assert_eq!(lab.datacenter.with(|w| w.talos.etcd.len()), 1);
}
