//! A cluster with nodes and a network, the reference content in Git, and the two units.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fluxlift_core::{Deadline, Emitter, EventKind, Timestamp, UnitPath, Value};
use fluxlift_engine::hooks::SystemHooks;
use fluxlift_engine::unit::{Applied, Change, Modules, Prior, Unit, UnitContext, UnitError, UnitSpec, Values};
use fluxlift_flux::Strategy;
use fluxlift_gate::{GateContext, Ledger, Proof, TokioClock};
use fluxlift_sim::controllers::nodes;
use fluxlift_sim::git::GitRepo;
use fluxlift_sim::kube::{self, Caller, Key, Part, Patch};
use fluxlift_sim::referee::{self, Tally};
use fluxlift_sim::{Datacenter, Net, Options, World};
use fluxlift_units::{NativeModules, Outside};
use serde_json::{Value as Json, json};

use super::content::reference_content;
use super::infrastructure;
use crate::claimant::claimant;
use crate::journal::Journal;

const START: &str = "2026-01-01T00:00:00Z";

pub(crate) struct Lab {
    pub(crate) datacenter: Datacenter,
    pub(crate) events: Arc<Mutex<Vec<EventKind>>>,
    pub(crate) cx: GateContext,
    pub(crate) strategy: Strategy,
    pub(crate) flux_version: &'static str,
    pub(crate) operator_version: &'static str,
    pub(crate) components: &'static [&'static str],
    pub(crate) deadline: Deadline,
    /// Inputs of flux_instance beside those that every test has.
    pub(crate) more: Json,
    /// The name of the folder in which the state would be.
    pub(crate) folder: &'static str,
    clock: Arc<TokioClock>,
    kubeconfig: String,
    priors: BTreeMap<String, Prior>,
}

impl Lab {
    pub(crate) fn new(options: Options) -> Self {
        Self::made(options, reference_content(false))
    }

    /// A lab whose repository brings the infrastructure alone, for tests that are not about what is delivered.
    pub(crate) fn small(options: Options) -> Self {
        Self::made(options, infrastructure::alone(reference_content(false)))
    }

    /// A lab with the versions of the request.
    pub(crate) fn of_2_4(options: Options) -> Self {
        Self { flux_version: "2.4.0", operator_version: "0.14.0", ..Self::made(options, reference_content(true)) }
    }

    fn made(options: Options, content: Vec<(String, Vec<u8>)>) -> Self {
        let clock = Arc::new(TokioClock::starting_at(START.parse::<Timestamp>().unwrap()));
        let mut world = World::new(options, START.parse().unwrap());
        let kubeconfig = kube::standalone(&mut world, "127.101.0.10:6443".parse().unwrap()).unwrap();
        for number in 1..=3_u8 {
            nodes::join(&mut world, &format!("solcp0{number}"), [127, 101, 0, 10 + number].into(), &["control-plane"]);
            nodes::join(&mut world, &format!("solwk0{number}"), [127, 101, 0, 20 + number].into(), &[]);
        }
        world.git.publish("home-ops.git", GitRepo::from_files(content, world.now));
        let datacenter = Datacenter::new(world, clock.clone());
        datacenter.run();
        let events: Arc<Mutex<Vec<EventKind>>> = Arc::default();
        let sink = Arc::clone(&events);
        let mut cx = GateContext::quiet(clock.clone());
        cx.events = Emitter::new(move |event| sink.lock().unwrap().push(event));
        let lab = Self {
            datacenter,
            events,
            cx,
            strategy: Strategy::Gated,
            flux_version: "2.9.4",
            operator_version: "0.58.1",
            components: &[],
            deadline: Deadline::minutes(60),
            more: json!({}),
            folder: "ours",
            clock,
            kubeconfig,
            priors: BTreeMap::new(),
        };
        lab.apply_object(cilium());
        lab
    }

    pub(crate) fn inputs(&self, module: &str) -> Json {
        match module {
            "flux_operator" => json!({
                "flux_operator_version": self.operator_version,
                "flux_operator_chart": "oci://127.101.0.3:5000/charts/flux-operator",
                "kubeconfig_content": self.kubeconfig,
            }),
            _ => {
                let mut inputs = json!({
                    "flux_version": self.flux_version,
                    "flux_components": self.components,
                    "git_repository": "http://127.101.0.4:3000/home-ops.git",
                    "git_branch": "main",
                    "git_path": "kubernetes/clusters/cluster-101",
                    "sops_age_key": "AGE-SECRET-KEY-1TEST",
                    "kustomize_patches": patches(),
                    "kubeconfig_content": self.kubeconfig,
                });
                for (name, value) in self.more.as_object().into_iter().flatten() {
                    inputs[name] = value.clone();
                }
                inputs
            }
        }
    }

    pub(crate) fn unit(&self, module: &str, inputs: Json) -> Box<dyn Unit> {
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
        let path = UnitPath::new(module.replace('_', "-")).unwrap();
        let spec = UnitSpec { path, dir: "/".into(), repo_root: "/".into(), module: module.to_owned(), inputs };
        NativeModules { outside: Arc::new(outside), strategy: self.strategy }.unit(spec).unwrap()
    }

    pub(crate) fn unit_cx(&self, module: &str) -> UnitContext {
        UnitContext {
            gates: self.cx.clone(),
            acts: Arc::new(Journal::default()),
            prior: self.priors.get(module).cloned(),
            deadline: self.deadline,
            claimant: claimant(self.folder),
            seed: 1,
        }
    }

    pub(crate) async fn try_apply(&mut self, module: &str) -> Result<Applied, UnitError> {
        self.cx.ledger = Ledger::default();
        let inputs = self.inputs(module);
        let applied = self.unit(module, inputs).apply(&self.unit_cx(module)).await?;
        let prior = Prior { outputs: applied.outputs.clone(), identity: applied.identity.clone() };
        self.priors.insert(module.to_owned(), prior);
        Ok(applied)
    }

    pub(crate) async fn apply(&mut self, module: &str) -> Applied {
        match self.try_apply(module).await {
            Ok(applied) => applied,
            Err(error) => panic!("{module}: {}\n{:#?}", chain(&error), self.proofs()),
        }
    }

    /// As if the state of a module were lost.
    pub(crate) fn forget(&mut self, module: &str) {
        self.priors.remove(module);
    }

    pub(crate) async fn plan(&self, module: &str) -> Change {
        self.unit(module, self.inputs(module)).plan(&self.unit_cx(module)).await.unwrap()
    }

    pub(crate) async fn destroy(&self, module: &str) -> Result<(), UnitError> {
        self.unit(module, self.inputs(module)).destroy(&self.unit_cx(module)).await
    }

    /// The gates of the last apply, in the order in which they closed.
    pub(crate) fn proofs(&self) -> Vec<Proof> {
        self.cx.ledger.proofs()
    }

    pub(crate) fn gates(&self) -> Vec<String> {
        self.proofs().iter().map(|proof| proof.gate.to_string()).collect()
    }

    pub(crate) fn tally(&self) -> Tally {
        self.datacenter.with(|world| referee::count(world))
    }

    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut World) -> R) -> R {
        self.datacenter.with(act)
    }

    pub(crate) fn find(&self, kind: &str, path: &str) -> Option<Json> {
        let (namespace, name) = path.split_once('/').unwrap_or(("flux-system", path));
        self.with(|world| {
            let known = world.kube.api.kinds().find(|known| known.kind == kind)?.clone();
            let key = Key::of(&known.gr, known.namespaced.then_some(namespace), name);
            world.kube.api.get(&key).cloned()
        })
    }

    /// Everything in the cluster that carries the label of our canaries.
    pub(crate) fn canaries(&self) -> Vec<String> {
        self.with(|world| {
            let kinds: Vec<_> = world.kube.api.kinds().cloned().collect();
            let objects = kinds.iter().flat_map(|kind| world.kube.api.list(&kind.gr, None));
            let labelled = objects.filter(|object| !object["metadata"]["labels"]["fluxlift.dev/canary"].is_null());
            labelled.map(|object| format!("{} {}", object["kind"], object["metadata"]["name"])).collect()
        })
    }

    /// Applies an object as a person would.
    pub(crate) fn apply_object(&self, config: Json) {
        self.with(|world| {
            let key = world.kube.api.key_of(&config).unwrap();
            let caller = Caller::controller("tests", world.now);
            world.kube.api.patch(&caller, &key, &Patch::Apply { config, force: true }, Part::Object).unwrap();
        });
    }

    /// Lets time pass until the world shows it, looking every 50 ms of its time.
    pub(crate) async fn until(&self, what: &str, test: impl Fn(&Self) -> bool) {
        for _ in 0..20 * 600 {
            if test(self) {
                return;
            }
            fluxlift_gate::pace(Duration::from_millis(50)).await;
        }
        panic!("{what} did not come");
    }

    pub(crate) fn warnings(&self) -> Vec<String> {
        let events = self.events.lock().unwrap();
        let warning = |event: &EventKind| match event {
            EventKind::Warning { message } => Some(message.clone()),
            _ => None,
        };
        events.iter().filter_map(warning).collect()
    }

    /// What was done, as `<verb> <what>`.
    pub(crate) fn steps(&self) -> Vec<String> {
        let events = self.events.lock().unwrap();
        let step = |event: &EventKind| match event {
            EventKind::Step { verb, what } => Some(format!("{verb} {what}")),
            _ => None,
        };
        events.iter().filter_map(step).collect()
    }

    /// Every verdict that a gate has shown.
    pub(crate) fn verdicts(&self, gate: &str) -> Vec<String> {
        let events = self.events.lock().unwrap();
        let judged = |event: &EventKind| match event {
            EventKind::GateJudged { gate: name, verdict, .. } if name.as_str() == gate => Some(verdict.to_string()),
            _ => None,
        };
        events.iter().filter_map(judged).collect()
    }
}

/// An error with its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

fn cilium() -> Json {
    json!({"apiVersion": "apps/v1", "kind": "DaemonSet",
        "metadata": {"name": "cilium", "namespace": "kube-system"},
        "spec": {"selector": {"matchLabels": {"k8s-app": "cilium"}}, "template": {
            "metadata": {"labels": {"k8s-app": "cilium"}},
            "spec": {"hostNetwork": true, "tolerations": [{"operator": "Exists"}],
                "volumes": [{"name": "cni", "hostPath": {"path": "/opt/cni/bin"}}],
                "containers": [{"name": "agent", "image": "quay.io/cilium/cilium:v1.18.3"}]}}}})
}

/// What the reference tree patches: dependencies are looked at every five seconds, ten releases are worked on at once.
fn patches() -> Json {
    let add =
        |argument: &str| json!({"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": argument});
    let patch = |name: &str, operations: Json| json!({"target": {"kind": "Deployment", "name": name}, "patch": operations.to_string()});
    json!([
        patch("helm-controller", json!([add("--requeue-dependency=5s"), add("--concurrent=10")])),
        patch("kustomize-controller", json!([add("--requeue-dependency=5s")])),
    ])
}
