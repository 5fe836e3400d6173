//! A cluster with VolSync or kopiur or both, a repository, and applications with their backups.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use fluxlift_core::{Deadline, Emitter, EventKind, Timestamp};
use fluxlift_flux::restore::{Choice, Every, HELD, Limits, Plan, Report, Restore, RestoreError, Round};
use fluxlift_gate::{GateContext, TokioClock, pace};
use fluxlift_kube::{Cluster, Kubeconfig, ObjectRef};
use fluxlift_sim::controllers::nodes;
use fluxlift_sim::kube::{self, Caller, GroupResource, Key, Part};
use fluxlift_sim::volsync::install::{CLASS, apply, snapshot_class};
use fluxlift_sim::volsync::{self, kinds};
use fluxlift_sim::{Datacenter, Net, Options, World, kopiur};
use serde_json::{Value, json};

const START: &str = "2026-01-01T00:00:00Z";
pub(super) const S3: &str = "s3://backups/kopia";
pub(super) const CLAIMS: GroupResource = GroupResource::PERSISTENT_VOLUME_CLAIMS;
pub(super) use kinds::{DESTINATIONS, SOURCES};

pub(super) struct Lab {
    pub(super) datacenter: Datacenter,
    pub(super) cx: GateContext,
    pub(super) limits: Limits,
    events: Arc<Mutex<Vec<EventKind>>>,
    cluster: Cluster,
}

impl Lab {
    /// VolSync at work, on one node.
    pub(super) async fn new() -> Self {
        let lab = Self::of(|world| volsync::install(world).unwrap()).await;
        lab.with(|world| snapshot_class(world).unwrap());
        lab
    }

    /// kopiur at work, on one node.
    pub(super) async fn with_kopiur() -> Self {
        Self::of(|world| kopiur::install(world).unwrap()).await
    }

    /// Both at work, on one node.
    pub(super) async fn with_both() -> Self {
        let install = |world: &mut World| {
            volsync::install(world).unwrap();
            kopiur::install(world).unwrap();
        };
        let lab = Self::of(install).await;
        lab.with(|world| snapshot_class(world).unwrap());
        lab
    }

    async fn of(install: impl FnOnce(&mut World)) -> Self {
        let start: Timestamp = START.parse().unwrap();
        let clock = Arc::new(TokioClock::starting_at(start));
        let mut world = World::new(Options::default(), start);
        let kubeconfig = kube::standalone(&mut world, "127.101.0.10:6443".parse().unwrap()).unwrap();
        nodes::join(&mut world, "node-1", [127, 101, 0, 11].into(), &[]);
        apply(&mut world, cilium()).unwrap();
        install(&mut world);
        let datacenter = Datacenter::new(world, clock.clone());
        datacenter.run();
        let events: Arc<Mutex<Vec<EventKind>>> = Arc::default();
        let sink = Arc::clone(&events);
        let mut cx = GateContext::quiet(clock.clone());
        cx.events = Emitter::new(move |event| sink.lock().unwrap().push(event));
        let kubeconfig = Kubeconfig::from_text(&kubeconfig, None, None).unwrap();
        let cluster = Cluster::connect(&kubeconfig, Arc::new(Net::new(datacenter.clone())), clock, 1).unwrap();
        let limits = Limits { restore: Deadline::minutes(10), ..Limits::default() };
        let lab = Self { datacenter, cx, limits, events, cluster };
        lab.pass(90).await;
        lab
    }

    pub(super) async fn pass(&self, seconds: u64) {
        pace(Duration::from_secs(seconds)).await;
    }

    pub(super) fn with<R>(&self, act: impl FnOnce(&mut World) -> R) -> R {
        self.datacenter.with(act)
    }

    pub(super) fn apply(&self, object: Value) {
        self.with(|world| apply(world, object).unwrap());
    }

    /// An application with its Secret, its source and its destination, whose snapshots are those of `source`.
    pub(super) fn app(&self, name: &str, source: &str) {
        self.apply(json!({"apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": format!("{name}-volsync"), "namespace": "default"},
            "stringData": {"KOPIA_REPOSITORY": S3, "KOPIA_PASSWORD": "secret"}}));
        self.apply(json!({"apiVersion": "volsync.backube/v1alpha1", "kind": "ReplicationSource",
            "metadata": {"name": name, "namespace": "default"}, "spec": {"sourcePVC": name,
                "trigger": {"schedule": "*/5 * * * *"}, "kopia": {"repository": format!("{name}-volsync")}}}));
        self.apply(json!({"apiVersion": "volsync.backube/v1alpha1", "kind": "ReplicationDestination",
            "metadata": {"name": format!("{name}-dst"), "namespace": "default"},
            "spec": {"trigger": {"manual": "restore-once"}, "kopia": {
                "repository": format!("{name}-volsync"), "copyMethod": "Snapshot", "capacity": "5Gi",
                "storageClassName": CLASS, "volumeSnapshotClassName": CLASS,
                "sourceIdentity": {"sourceName": source}}}}));
    }

    /// An application whose own restore found nothing, and whose repository has a snapshot by now. No claim asks for it.
    pub(super) async fn emptied(&self, name: &str) {
        self.app(name, name);
        self.pass(60).await;
        self.with(|world| world.volsync.back_up(S3, &format!("{name}@default"), 4096));
    }

    /// The claim of an application, filled from its destination.
    pub(super) fn claim(&self, name: &str) {
        self.claim_of(name, CLASS);
    }

    /// The same of a class, which may not be there yet.
    pub(super) fn claim_of(&self, name: &str, class: &str) {
        self.apply(json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": {"name": name, "namespace": "default"}, "spec": {"accessModes": ["ReadWriteOnce"],
                "storageClassName": class,
                "resources": {"requests": {"storage": "5Gi"}}, "dataSourceRef": {"apiGroup": "volsync.backube",
                    "kind": "ReplicationDestination", "name": format!("{name}-dst")}}}));
    }

    /// A claim that a driver provisions a new, empty volume for; its handle.
    pub(super) async fn provisioned(&self, name: &str) -> String {
        self.apply(json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": {"name": name, "namespace": "default"}, "spec": {"accessModes": ["ReadWriteMany"],
                "resources": {"requests": {"storage": "1Gi"}}}}));
        self.pass(10).await;
        format!("sim-{}", self.get(&CLAIMS, name)["metadata"]["uid"].as_str().unwrap())
    }

    /// The repository of a destination lies on a claim from now on.
    pub(super) fn repository_on(&self, destination: &str, claim: &str) {
        self.change(&DESTINATIONS, destination, |object| {
            object["spec"]["kopia"]["moverVolumes"] = json!([{"mountPath": "repository",
                "volumeSource": {"persistentVolumeClaim": {"claimName": claim}}}]);
        });
    }

    /// Waits until a run has triggered something.
    pub(super) async fn triggered(&self) {
        while !self.steps().iter().any(|step| step.starts_with("triggered")) {
            self.pass(1).await;
        }
    }

    pub(super) fn get(&self, gr: &GroupResource, name: &str) -> Value {
        self.with(|world| world.kube.api.get(&Key::namespaced(gr, "default", name)).cloned().unwrap_or_default())
    }

    pub(super) fn change(&self, gr: &GroupResource, name: &str, change: impl FnOnce(&mut Value)) {
        self.with(|world| {
            let (key, caller) = (Key::namespaced(gr, "default", name), Caller::controller("somebody", world.now));
            world.kube.api.modify(&caller, &key, Part::Object, change).unwrap();
        });
    }

    /// How many bytes are in the volume of a claim; `None` while it is not bound.
    pub(super) fn content(&self, claim: &str) -> Option<u64> {
        let name = self.get(&CLAIMS, claim)["spec"]["volumeName"].as_str()?.to_owned();
        self.with(|world| {
            let volume = world.kube.api.get(&Key::cluster(&GroupResource::PERSISTENT_VOLUMES, name))?;
            world.volsync.volumes.get(volume["spec"]["csi"]["volumeHandle"].as_str()?).copied()
        })
    }

    /// Whether a restore holds this source.
    pub(super) fn is_held(&self, source: &str) -> bool {
        let source = self.get(&SOURCES, source);
        let held = source["metadata"]["labels"][HELD].is_string();
        assert_eq!(held, source["spec"]["paused"] == true, "a held source is paused, another is not: {source:#}");
        held
    }

    pub(super) fn round(&self) -> Round {
        Round::new(&self.cx, &self.cluster, self.limits, "me@here", 1)
    }

    pub(super) async fn plan(&self) -> Plan {
        let round = self.round();
        Restore::new(&round, &Every).plan(&Choice::All, None).await.unwrap()
    }

    /// Restores all that there is.
    pub(super) async fn restore(&self) -> Result<Report, RestoreError> {
        self.restore_of(&Choice::All, None).await
    }

    /// Restores what `choice` means in `namespace`, or everywhere.
    pub(super) async fn restore_of(&self, choice: &Choice, namespace: Option<&str>) -> Result<Report, RestoreError> {
        let round = self.round();
        let restore = Restore::new(&round, &Every);
        restore.run(&restore.plan(choice, namespace).await?).await
    }

    /// Guards what there is while `others` are at work.
    pub(super) async fn guarding<T>(&self, others: impl Future<Output = T>) -> T {
        let round = self.round();
        Restore::new(&round, &Every).guarding(&Choice::All, others).await
    }

    pub(super) async fn release(&self) -> Vec<ObjectRef> {
        let round = self.round();
        Restore::new(&round, &Every).release(&Choice::All, None).await.unwrap()
    }

    /// Why the only destination was not restored.
    pub(super) async fn refused(&self) -> String {
        let report = self.restore().await.unwrap();
        let outcome = &report.outcomes[0];
        assert_eq!(outcome.word(), "unproven");
        fluxlift_core::chain(outcome.result.as_ref().unwrap_err())
    }

    /// The steps of all runs so far: `triggered replicationdestination/default/app-dst by …`.
    pub(super) fn steps(&self) -> Vec<String> {
        let events = self.events.lock().unwrap();
        let step = |event: &EventKind| match event {
            EventKind::Step { verb, what } => Some(format!("{verb} {what}")),
            _ => None,
        };
        events.iter().filter_map(step).collect()
    }

    /// Whether there is any canary left.
    pub(super) fn has_canaries(&self) -> bool {
        self.with(|world| {
            world.kube.api.list(&DESTINATIONS, None).any(|d| d["metadata"]["name"].to_string().contains("canary"))
        })
    }
}

fn cilium() -> Value {
    json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "cilium", "namespace": "kube-system"},
        "spec": {"selector": {"matchLabels": {"k8s-app": "cilium"}}, "template": {
            "metadata": {"labels": {"k8s-app": "cilium"}},
            "spec": {"hostNetwork": true, "tolerations": [{"operator": "Exists"}],
                "volumes": [{"name": "cni", "hostPath": {"path": "/opt/cni/bin"}}],
                "containers": [{"name": "agent", "image": "quay.io/cilium/cilium:v1.18.3"}]}}}})
}
