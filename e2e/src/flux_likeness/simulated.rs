//! The simulated theatre: a world in memory, whose time passes as fast as it is asked to.

use std::path::Path;

use fluxlift_core::Timestamp;
use fluxlift_sim::controllers::{Program, conditions, nodes};
use fluxlift_sim::flux::kinds;
use fluxlift_sim::git::{self, GitRepo};
use fluxlift_sim::kube::{self, Caller, DeleteOptions, GroupResource, Key, Part, Patch, Status};
use fluxlift_sim::{Options, World, registry};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::act::Act;
use super::kinds::Subject;
use super::situation::Words;
use super::theatre::Theatre;
use crate::registry::{TINY, TINY_VERSION};
use crate::{LabError, lab};

/// How much virtual time a step may take.
const LIMIT: SignedDuration = SignedDuration::from_secs(300);
/// How long things take to come to rest.
const REST: SignedDuration = SignedDuration::from_millis(1500);
/// The repository, as in a lab.
const REPOSITORY: &str = "home-ops.git";

/// A simulated cluster with flux-operator.
#[derive(Debug)]
pub struct Simulated {
    world: World,
    words: Words,
    began: Timestamp,
}

impl Simulated {
    /// A cluster with one node and with flux-operator at work.
    ///
    /// # Errors
    /// When the simulation refuses what it should take.
    pub fn start() -> Result<Self, LabError> {
        let mut world = World::new(Options::default(), Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * 20_000));
        world.kube.api.remember(1_000_000);
        let address = "127.101.0.10:6443".parse().map_err(|_| unexpected("no address"))?;
        kube::standalone(&mut world, address).map_err(|error| unexpected(error.to_string()))?;
        nodes::join(&mut world, "node", [127, 101, 0, 21].into(), &[]);
        world.registry.push_chart(TINY, TINY_VERSION, &json!({"name": "tiny", "version": TINY_VERSION}), b"tiny");
        let words = Words(vec![
            ("$git", format!("http://{}:{}/{REPOSITORY}", git::HOST, git::PORT)),
            ("$charts", format!("oci://{}:{}/charts", registry::HOST, registry::PORT)),
            ("$registry", format!("{}:{}", registry::HOST, registry::PORT)),
        ]);
        let began = world.now;
        let mut theatre = Self { world, words, began };
        theatre.install()?;
        Ok(theatre)
    }

    /// The network and flux-operator.
    fn install(&mut self) -> Result<(), LabError> {
        self.apply(&json!({"apiVersion": "apps/v1", "kind": "DaemonSet",
            "metadata": {"name": "cilium", "namespace": "kube-system"},
            "spec": {"selector": {"matchLabels": {"k8s-app": "cilium"}}, "template": {
                "metadata": {"labels": {"k8s-app": "cilium"}},
                "spec": {"hostNetwork": true, "tolerations": [{"operator": "Exists"}],
                    "volumes": [{"name": "cni", "hostPath": {"path": "/opt/cni/bin"}}],
                    "containers": [{"name": "agent", "image": "quay.io/cilium/cilium:v1.18.3"}]}}}}))?;
        let chart = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/fluxlift-sim/charts/flux-operator");
        let text =
            std::fs::read_to_string(chart.join("templates/crds.yaml")).map_err(LabError::io("read the chart"))?;
        let plain: Vec<&str> = text.lines().filter(|line| !line.contains("{{")).collect();
        let definitions: Vec<Value> = serde_saphyr::from_multiple(&plain.join("\n"))
            .map_err(|error| unexpected(format!("the definitions of flux-operator: {error}")))?;
        for definition in &definitions {
            self.apply(definition)?;
        }
        self.apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "flux-system"}}))?;
        let account = json!({"name": "flux-operator", "namespace": "flux-system"});
        self.apply(&json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account}))?;
        let image = format!("ghcr.io/controlplaneio-fluxcd/flux-operator:v{}", lab::FLUX_OPERATOR_VERSION);
        self.apply(&json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": account,
            "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "flux-operator"}}, "template": {
                "metadata": {"labels": {"app": "flux-operator"}},
                "spec": {"serviceAccountName": "flux-operator",
                    "containers": [{"name": "manager", "image": image}]}}}}))?;
        let report = Key::namespaced(&kinds::FLUX_REPORTS, "flux-system", "flux");
        self.began = self.world.now;
        while !self.world.kube.api.get(&report).is_some_and(|report| conditions::is_true(report, "Ready")) {
            if !self.advance() {
                return Err(unexpected("the simulated flux-operator does not come up"));
            }
        }
        Ok(())
    }

    fn apply(&mut self, object: &Value) -> Result<(), LabError> {
        let key = self.world.kube.api.key_of(object).ok_or_else(|| unexpected(format!("no such kind: {object}")))?;
        let patch = Patch::Apply { config: object.clone(), force: true };
        self.patch(&key, &patch)
    }

    fn patch(&mut self, key: &Key, patch: &Patch) -> Result<(), LabError> {
        let caller = Caller::controller("likeness", self.world.now);
        self.world.kube.api.patch(&caller, key, patch, Part::Object).map_err(|status| refused(&status))?;
        self.world.settle();
        Ok(())
    }

    /// Moves on to the next event; false when that took too long.
    fn advance(&mut self) -> bool {
        let next = self.world.agenda.next().unwrap_or(Timestamp::MAX);
        if next.duration_since(self.began) > LIMIT {
            return false;
        }
        self.world.advance_to(next);
        true
    }

    fn do_now(&mut self, act: &Act) -> Result<(), LabError> {
        match act {
            Act::Apply(object) => self.apply(object),
            Act::Merge { of, fields } => self.patch(&key(of), &Patch::Merge(fields.clone())),
            Act::Delete(subject) => {
                let caller = Caller::controller("likeness", self.world.now);
                let deleted = self.world.kube.api.delete(&caller, &key(subject), &DeleteOptions::default());
                deleted.map_err(|status| refused(&status))?;
                self.world.settle();
                Ok(())
            }
            Act::Commit(files) => {
                let now = self.world.now;
                match self.world.git.repositories.get_mut(REPOSITORY) {
                    Some(repository) => drop(repository.commit("main", files.clone(), "Change", now)),
                    None => self.world.git.publish(REPOSITORY, GitRepo::from_files(files.clone(), now)),
                }
                Ok(())
            }
            // A process without its Lease works on nothing, and its Pod is Ready, as one that was never started in the lab.
            Act::Hold(controller) => {
                self.world.flux.faults.not_leading.insert(program(controller)?);
                Ok(())
            }
            Act::Release(controller) => {
                self.world.flux.faults.not_leading.remove(&program(controller)?);
                Ok(())
            }
        }
    }
}

impl Theatre for Simulated {
    fn words(&self) -> &Words {
        &self.words
    }

    async fn act(&mut self, act: &Act) -> Result<(), LabError> {
        self.do_now(act)
    }

    async fn look(&mut self, subject: &Subject) -> Result<Option<Value>, LabError> {
        Ok(self.world.kube.api.get(&key(subject)).cloned())
    }

    fn begin(&mut self) {
        self.began = self.world.now;
    }

    async fn pass(&mut self) -> bool {
        self.advance()
    }

    async fn rest(&mut self) {
        self.world.advance_to(self.world.now + REST);
    }

    async fn revision(&mut self) -> Result<u64, LabError> {
        Ok(self.world.kube.api.revision())
    }

    async fn states(&mut self, subject: &Subject, (from, to): (u64, u64)) -> Result<Vec<Option<Value>>, LabError> {
        let wanted = key(subject);
        let changes = self.world.kube.api.changes_since(from).map_err(|gone| unexpected(gone.to_string()))?;
        let mine = changes.filter(|change| change.key == wanted && change.revision <= to);
        let state =
            |change: &kube::Change| (change.kind != kube::ChangeType::Deleted).then(|| Value::clone(&change.object));
        Ok(mine.map(state).collect())
    }
}

fn key(subject: &Subject) -> Key {
    Key::namespaced(&GroupResource::known(subject.group, subject.resource), &subject.namespace, &subject.name)
}

fn program(controller: &str) -> Result<Program, LabError> {
    let all = [
        Program::SourceController,
        Program::KustomizeController,
        Program::HelmController,
        Program::NotificationController,
    ];
    all.into_iter()
        .find(|program| program.name() == controller)
        .ok_or_else(|| unexpected(format!("there is no controller called {controller}")))
}

fn refused(status: &Status) -> LabError {
    unexpected(format!("the simulated API refused: {status}"))
}

fn unexpected(what: impl Into<String>) -> LabError {
    LabError::Unexpected(what.into())
}
