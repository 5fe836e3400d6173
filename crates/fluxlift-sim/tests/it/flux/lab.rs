//! A cluster with nodes, a network and flux-operator, and the hands to work on it.

use std::path::Path;
use std::time::Duration;

use fluxlift_core::Timestamp;
use fluxlift_sim::controllers::{conditions, nodes};
use fluxlift_sim::git::GitRepo;
use fluxlift_sim::kube::{self, Caller, DeleteOptions, GroupResource, Key, Part, Patch};
use fluxlift_sim::{Options, World};
use jiff::SignedDuration;
use serde_json::{Value, json};

/// The operator's version in the tree that `demo` makes.
const OPERATOR: &str = "v0.58.1";

pub(super) struct Lab {
    pub(super) world: World,
}

impl Lab {
    /// Three control planes, three workers, a network; everything Ready.
    pub(super) fn cluster(options: Options) -> Self {
        let mut world = World::new(options, "2026-01-01T00:00:00Z".parse().unwrap());
        kube::standalone(&mut world, "127.101.0.10:6443".parse().unwrap()).unwrap();
        for number in 1..=3_u8 {
            nodes::join(&mut world, &format!("solcp0{number}"), [127, 101, 0, 10 + number].into(), &["control-plane"]);
            nodes::join(&mut world, &format!("solwk0{number}"), [127, 101, 0, 20 + number].into(), &[]);
        }
        let mut lab = Self { world };
        lab.pass(1.0);
        lab.apply(json!({"apiVersion": "apps/v1", "kind": "DaemonSet",
            "metadata": {"name": "cilium", "namespace": "kube-system"},
            "spec": {"selector": {"matchLabels": {"k8s-app": "cilium"}}, "template": {
                "metadata": {"labels": {"k8s-app": "cilium"}},
                "spec": {"hostNetwork": true, "tolerations": [{"operator": "Exists"}],
                    "volumes": [{"name": "cni", "hostPath": {"path": "/opt/cni/bin"}}],
                    "containers": [{"name": "agent", "image": "quay.io/cilium/cilium:v1.18.3"}]}}}}));
        lab
    }

    /// The same, with flux-operator leading.
    pub(super) fn operated(options: Options) -> Self {
        Self::operated_by(OPERATOR, options)
    }

    /// The same, with a flux-operator of this version.
    pub(super) fn operated_by(version: &str, options: Options) -> Self {
        let mut lab = Self::cluster(options);
        let image = format!("ghcr.io/controlplaneio-fluxcd/flux-operator:{version}");
        let chart = Path::new(env!("CARGO_MANIFEST_DIR")).join("../charts/flux-operator/templates/crds.yaml");
        let text = std::fs::read_to_string(chart).unwrap();
        let plain: Vec<&str> = text.lines().filter(|line| !line.contains("{{")).collect();
        for definition in serde_saphyr::from_multiple::<Value>(&plain.join("\n")).unwrap() {
            lab.apply(definition);
        }
        lab.apply(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "flux-system"}}));
        let account = json!({"name": "flux-operator", "namespace": "flux-system"});
        lab.apply(json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account}));
        lab.apply(json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": account,
            "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "flux-operator"}}, "template": {
                "metadata": {"labels": {"app": "flux-operator"}},
                "spec": {"serviceAccountName": "flux-operator",
                    "containers": [{"name": "manager", "image": image}]}}}}));
        lab.until(120, "a FluxReport", |lab| lab.is_ready("FluxReport", "flux"));
        lab
    }

    /// The same, with the controllers of a FluxInstance without sync at work.
    pub(super) fn running(options: Options) -> Self {
        let mut lab = Self::operated(options);
        lab.apply(instance("2.9.4", false));
        lab.until(120, "the controllers", Self::controllers_are_available);
        lab.pass(30.0);
        lab
    }

    /// Publishes the repository that [`instance`] syncs from.
    pub(super) fn publish(&mut self, files: impl IntoIterator<Item = (String, Vec<u8>)>) {
        let repo = GitRepo::from_files(files, self.world.now);
        self.world.git.publish("home-ops.git", repo);
    }

    /// Lets so many seconds pass.
    pub(super) fn pass(&mut self, seconds: f64) {
        let step = SignedDuration::try_from(Duration::from_secs_f64(seconds)).unwrap();
        self.world.advance_to(self.world.now + step);
    }

    /// Lets time pass until `test` holds, from one event to the next; the seconds that it took.
    pub(super) fn until(&mut self, limit: i64, what: &str, test: impl Fn(&Self) -> bool) -> f64 {
        let began = self.world.now;
        let end = began + SignedDuration::from_secs(limit);
        self.world.settle();
        while !test(self) {
            let next = self.world.agenda.next().unwrap_or(Timestamp::MAX);
            assert!(next <= end, "{what} did not come within {limit} s");
            self.world.advance_to(next);
        }
        self.world.now.duration_since(began).as_secs_f64()
    }

    pub(super) fn key(&self, kind: &str, path: &str) -> Key {
        let (namespace, name) = path.split_once('/').unwrap_or(("flux-system", path));
        let kind = self.world.kube.api.kinds().find(|known| known.kind == kind).unwrap();
        Key::of(&kind.gr, kind.namespaced.then_some(namespace), name)
    }

    pub(super) fn find(&self, kind: &str, path: &str) -> Option<Value> {
        let known = self.world.kube.api.kinds().any(|known| known.kind == kind);
        known.then(|| self.world.kube.api.get(&self.key(kind, path)).cloned()).flatten()
    }

    pub(super) fn get(&self, kind: &str, path: &str) -> Value {
        self.find(kind, path).unwrap_or_else(|| panic!("{kind} {path} is not there"))
    }

    pub(super) fn all(&self, gr: &GroupResource) -> Vec<Value> {
        self.world.kube.api.list(gr, None).cloned().collect()
    }

    pub(super) fn is_ready(&self, kind: &str, path: &str) -> bool {
        self.find(kind, path).is_some_and(|object| conditions::is_true(&object, "Ready"))
    }

    pub(super) fn observed(&self, kind: &str, path: &str) -> i64 {
        self.get(kind, path)["status"]["observedGeneration"].as_i64().unwrap_or(0)
    }

    /// Applies an object as a person would.
    pub(super) fn apply(&mut self, config: Value) -> Value {
        let key = self.world.kube.api.key_of(&config).unwrap_or_else(|| panic!("no such kind: {config}"));
        let caller = Caller::controller("tests", self.world.now);
        let patch = Patch::Apply { config, force: true };
        let object = self.world.kube.api.patch(&caller, &key, &patch, Part::Object).unwrap();
        self.world.settle();
        Value::clone(&object)
    }

    /// Applies an object together with a status written by hand.
    pub(super) fn apply_with_status(&mut self, config: Value, status: &Value) {
        let key = self.world.kube.api.key_of(&config).unwrap();
        self.apply(config);
        let caller = Caller::controller("tests", self.world.now);
        let write = |object: &mut Value| object["status"] = status.clone();
        self.world.kube.api.modify(&caller, &key, Part::Status, write).unwrap();
        self.world.settle();
    }

    pub(super) fn change(&mut self, kind: &str, path: &str, change: impl FnOnce(&mut Value)) {
        let (key, caller) = (self.key(kind, path), Caller::controller("tests", self.world.now));
        self.world.kube.api.modify(&caller, &key, Part::Object, change).unwrap();
        self.world.settle();
    }

    pub(super) fn delete(&mut self, kind: &str, path: &str) {
        let (key, caller) = (self.key(kind, path), Caller::controller("tests", self.world.now));
        self.world.kube.api.delete(&caller, &key, &DeleteOptions::default()).unwrap();
        self.world.settle();
    }

    /// What `kubectl wait --for=condition=Available deployment --all` looks at.
    pub(super) fn controllers_are_available(&self) -> bool {
        ["source-controller", "kustomize-controller", "helm-controller", "notification-controller"]
            .iter()
            .all(|name| self.find("Deployment", name).is_some_and(|object| conditions::is_true(&object, "Available")))
    }
}

/// A FluxInstance as the tree's unit makes it, with or without its sync.
pub(super) fn instance(version: &str, sync: bool) -> Value {
    let patch = "- {op: add, path: /spec/template/spec/containers/0/args/-, value: --requeue-dependency=5s}\n\
                 - {op: add, path: /spec/template/spec/containers/0/args/-, value: --concurrent=10}\n";
    let mut instance = json!({"apiVersion": "fluxcd.controlplane.io/v1", "kind": "FluxInstance",
        "metadata": {"name": "flux", "namespace": "flux-system"},
        "spec": {"distribution": {"version": version, "registry": "ghcr.io/fluxcd"}, "wait": false,
            "kustomize": {"patches": [{"patch": patch,
                "target": {"kind": "Deployment", "name": "(kustomize-controller|helm-controller)"}}]}}});
    if sync {
        instance["spec"]["sync"] = json!({"kind": "GitRepository", "url": "http://127.101.0.4:3000/home-ops.git",
            "ref": "refs/heads/main", "path": "kubernetes/clusters/cluster-101", "interval": "1m"});
    }
    instance
}
