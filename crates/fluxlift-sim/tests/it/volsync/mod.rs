//! The model of VolSync tells the lies that a restore has to see through.

mod definitions;
mod identity;
mod machine;

use fluxlift_core::Timestamp;
use fluxlift_sim::controllers::nodes;
use fluxlift_sim::kube::{self, Caller, GroupResource, Key, Part};
use fluxlift_sim::volsync::install::{CLASS, apply, snapshot_class};
use fluxlift_sim::volsync::{SnapshotFault, install, kinds};
use fluxlift_sim::{Options, World};
use jiff::SignedDuration;
use serde_json::{Value, json};

const S3: &str = "s3://backups/kopia";

struct Lab {
    world: World,
}

impl Lab {
    /// VolSync at work, a repository in S3 with one snapshot of `app`, and its Secret.
    fn new() -> Self {
        let mut world = World::new(Options::default(), "2026-01-01T00:00:00Z".parse().unwrap());
        kube::standalone(&mut world, "127.101.0.10:6443".parse().unwrap()).unwrap();
        nodes::join(&mut world, "node-1", [127, 101, 0, 11].into(), &[]);
        apply(
            &mut world,
            json!({"apiVersion": "apps/v1", "kind": "DaemonSet",
                "metadata": {"name": "cilium", "namespace": "kube-system"},
                "spec": {"selector": {"matchLabels": {"k8s-app": "cilium"}}, "template": {
                    "metadata": {"labels": {"k8s-app": "cilium"}},
                    "spec": {"hostNetwork": true, "tolerations": [{"operator": "Exists"}],
                        "volumes": [{"name": "cni", "hostPath": {"path": "/opt/cni/bin"}}],
                        "containers": [{"name": "agent", "image": "quay.io/cilium/cilium:v1.18.3"}]}}}}),
        )
        .unwrap();
        install(&mut world).unwrap();
        world.volsync.back_up(S3, "app@default", 4096);
        let mut lab = Self { world };
        lab.pass(90);
        snapshot_class(&mut lab.world).unwrap();
        lab.apply(
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "app-volsync", "namespace": "default"},
            "stringData": {"KOPIA_REPOSITORY": S3, "KOPIA_PASSWORD": "secret"}}),
        );
        lab
    }

    fn apply(&mut self, object: Value) {
        apply(&mut self.world, object).unwrap();
        self.world.settle();
    }

    fn destination(&mut self, source: &str, tag: &str) {
        self.apply(json!({"apiVersion": "volsync.backube/v1alpha1", "kind": "ReplicationDestination",
            "metadata": {"name": "app-dst", "namespace": "default"}, "spec": {"trigger": {"manual": tag}, "kopia": {
                "repository": "app-volsync", "copyMethod": "Snapshot", "capacity": "5Gi", "storageClassName": CLASS,
                "volumeSnapshotClassName": CLASS, "sourceIdentity": {"sourceName": source}}}}));
    }

    fn claim(&mut self, name: &str, source: Value) {
        let mut claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": {"name": name, "namespace": "default"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "5Gi"}}}});
        if !source.is_null() {
            claim["spec"]["dataSourceRef"] = source;
        }
        self.apply(claim);
    }

    fn pass(&mut self, seconds: i64) {
        let now: Timestamp = self.world.now + SignedDuration::from_secs(seconds);
        self.world.advance_to(now);
    }

    fn get(&self, gr: &GroupResource, name: &str) -> Value {
        self.world.kube.api.get(&Key::namespaced(gr, "default", name)).cloned().unwrap_or_default()
    }

    fn status(&self) -> Value {
        self.get(&kinds::DESTINATIONS, "app-dst")["status"].clone()
    }

    fn change(&mut self, gr: &GroupResource, name: &str, change: impl FnOnce(&mut Value)) {
        let (key, caller) = (Key::namespaced(gr, "default", name), Caller::controller("tests", self.world.now));
        self.world.kube.api.modify(&caller, &key, Part::Object, change).unwrap();
        self.world.settle();
    }

    /// How many bytes are in the volume of a claim; `None` while it is not bound.
    fn content(&self, claim: &str) -> Option<u64> {
        let claim = self.get(&GroupResource::PERSISTENT_VOLUME_CLAIMS, claim);
        let volume = Key::cluster(&GroupResource::PERSISTENT_VOLUMES, claim["spec"]["volumeName"].as_str()?);
        let volume = self.world.kube.api.get(&volume)?;
        self.world.volsync.volumes.get(volume["spec"]["csi"]["volumeHandle"].as_str()?).copied()
    }
}

fn from_destination() -> Value {
    json!({"apiGroup": "volsync.backube", "kind": "ReplicationDestination", "name": "app-dst"})
}

#[test]
fn a_claim_waits_for_the_image_and_is_filled_from_it() {
    let mut lab = Lab::new();
    lab.claim("app", from_destination());
    lab.pass(20);
    assert_eq!(lab.content("app"), None);
    lab.destination("app", "once");
    lab.pass(33);
    let status = lab.status();
    assert_eq!(status["lastManualSync"], "once", "{status:#}");
    let image = status["latestImage"]["name"].as_str().unwrap();
    // The image is named once its snapshot is bound, before it is ready.
    assert_eq!(lab.get(&kinds::SNAPSHOTS, image)["status"]["readyToUse"], false);
    assert_eq!(lab.content("app"), None);
    lab.pass(15);
    assert_eq!(lab.get(&kinds::SNAPSHOTS, image)["status"]["restoreSize"], "5Gi");
    assert_eq!(lab.content("app"), Some(4096));
    assert!(status["lastSyncStartTime"].is_null(), "a start is told only while it runs");
}

#[test]
fn without_a_matching_snapshot_an_empty_volume_is_a_success() {
    let mut lab = Lab::new();
    lab.claim("app", from_destination());
    lab.destination("somebody-else", "once");
    lab.pass(60);
    let status = lab.status();
    assert_eq!(
        (status["lastManualSync"].as_str(), &status["latestMoverStatus"]["result"]),
        (Some("once"), &json!("Successful"))
    );
    assert!(status["latestMoverStatus"]["logs"].as_str().unwrap().contains("No eligible snapshots"));
    assert_eq!(lab.content("app"), Some(0));
}

#[test]
fn a_paused_destination_is_done_at_once_and_a_tag_that_is_changed_midway_counts() {
    let mut lab = Lab::new();
    lab.destination("app", "once");
    lab.pass(10);
    lab.change(&kinds::DESTINATIONS, "app-dst", |object| object["spec"]["trigger"]["manual"] = json!("other"));
    lab.pass(30);
    assert_eq!(lab.status()["lastManualSync"], "other");
    let image = lab.status()["latestImage"].clone();
    lab.change(&kinds::DESTINATIONS, "app-dst", |object| {
        object["spec"]["paused"] = json!(true);
        object["spec"]["trigger"]["manual"] = json!("paused");
    });
    lab.pass(2);
    assert_eq!((&lab.status()["lastManualSync"], &lab.status()["latestImage"]), (&json!("paused"), &image));
}

#[test]
fn a_repository_claim_that_is_provisioned_anew_is_an_empty_repository() {
    let mut lab = Lab::new();
    lab.claim("kopia", Value::Null);
    lab.destination("app", "once");
    lab.change(&kinds::DESTINATIONS, "app-dst", |object| {
        object["spec"]["kopia"]["moverVolumes"] = json!([{"mountPath": "repository",
            "volumeSource": {"persistentVolumeClaim": {"claimName": "kopia"}}}]);
    });
    lab.pass(90);
    assert!(lab.status()["latestMoverStatus"]["logs"].as_str().unwrap().contains("No eligible snapshots"));
}

#[test]
fn a_source_backs_an_empty_volume_up_over_good_history_unless_it_is_paused() {
    for (paused, newest) in [(false, 0), (true, 4096)] {
        let mut lab = Lab::new();
        lab.claim("app", Value::Null);
        lab.apply(json!({"apiVersion": "volsync.backube/v1alpha1", "kind": "ReplicationSource",
            "metadata": {"name": "app", "namespace": "default"}, "spec": {"sourcePVC": "app", "paused": paused,
                "trigger": {"schedule": "*/5 * * * *"}, "kopia": {"repository": "app-volsync"}}}));
        lab.pass(600);
        assert_eq!(lab.world.volsync.newest(S3, "app@default"), Some(newest));
    }
}

#[test]
fn a_snapshot_can_stay_unready_or_without_a_size() {
    for (fault, ready) in [(SnapshotFault::NeverReady, false), (SnapshotFault::Sizeless, true)] {
        let mut lab = Lab::new();
        lab.world.volsync.faults.snapshots = fault;
        lab.destination("app", "once");
        lab.pass(60);
        let image = lab.status()["latestImage"]["name"].as_str().unwrap().to_owned();
        let status = lab.get(&kinds::SNAPSHOTS, &image)["status"].clone();
        assert_eq!(status["readyToUse"], ready);
        assert!(!ready || status["restoreSize"] == "0");
    }
}

#[test]
fn an_object_without_a_mover_gets_an_error_in_its_condition_and_no_volume() {
    let mut lab = Lab::new();
    lab.apply(json!({"apiVersion": "volsync.backube/v1alpha1", "kind": "ReplicationDestination",
        "metadata": {"name": "app-dst", "namespace": "default"}, "spec": {"trigger": {"manual": "x"}}}));
    lab.pass(2);
    assert_eq!(lab.status()["conditions"][0]["reason"], "Error");
    assert_eq!(lab.world.kube.api.list(&GroupResource::PERSISTENT_VOLUMES, None).count(), 0);
}
