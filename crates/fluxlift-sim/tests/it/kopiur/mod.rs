//! The model of kopiur tells the lies that a restore has to see through.

mod definitions;

use fluxlift_core::Timestamp;
use fluxlift_sim::controllers::{Program, nodes};
use fluxlift_sim::kopiur::{install, kinds};
use fluxlift_sim::kube::{self, Caller, DeleteOptions, GroupResource, Key, Part};
use fluxlift_sim::volsync::install::apply;
use fluxlift_sim::{Options, World};
use jiff::SignedDuration;
use serde_json::{Value, json};

const CLAIMS: GroupResource = GroupResource::PERSISTENT_VOLUME_CLAIMS;

struct Lab {
    world: World,
}

impl Lab {
    /// kopiur at work, and a repository with these snapshots of `app`.
    fn with(snapshots: &[u64]) -> Self {
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
        for bytes in snapshots {
            world.volsync.back_up("nas", "app@default", *bytes);
        }
        let mut lab = Self { world };
        lab.pass(90);
        lab.kopiur(
            "SnapshotPolicy",
            json!({"repository": {"kind": "Repository", "name": "nas"},
            "sources": [{"pvc": {"name": "app"}}]}),
        );
        lab
    }

    fn apply(&mut self, object: Value) {
        apply(&mut self.world, object).unwrap();
        self.world.settle();
    }

    /// An object of kopiur with the name of the application.
    fn kopiur(&mut self, kind: &str, spec: Value) {
        self.apply(json!({"apiVersion": "kopiur.home-operations.com/v1alpha1", "kind": kind,
            "metadata": {"name": "app", "namespace": "default"}, "spec": spec}));
    }

    fn restore(&mut self) {
        self.kopiur(
            "Restore",
            json!({"source": {"fromPolicy": {"name": "app"}}, "target": {"populator": {}},
            "policy": {"onMissingSnapshot": "Continue"}}),
        );
    }

    fn schedule(&mut self, suspend: bool) {
        self.kopiur(
            "SnapshotSchedule",
            json!({"policyRef": {"name": "app"},
            "schedule": {"cron": "*/5 * * * *", "suspend": suspend}}),
        );
    }

    fn claim(&mut self) {
        self.apply(json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": {"name": "app", "namespace": "default"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "5Gi"}},
                "dataSourceRef": {"apiGroup": "kopiur.home-operations.com", "kind": "Restore", "name": "app"}}}));
    }

    fn pass(&mut self, seconds: i64) {
        let now: Timestamp = self.world.now + SignedDuration::from_secs(seconds);
        self.world.advance_to(now);
    }

    fn get(&self, gr: &GroupResource) -> Value {
        self.world.kube.api.get(&Key::namespaced(gr, "default", "app")).cloned().unwrap_or_default()
    }

    fn status(&self) -> Value {
        self.get(&kinds::RESTORES)["status"].clone()
    }

    /// Phase and reason of the claim, and the phase of all.
    fn said(&self) -> [String; 3] {
        let status = self.status();
        let claim = &status["claims"]["app"];
        [&claim["phase"], &claim["reason"], &status["phase"]].map(|text| text.as_str().unwrap_or_default().to_owned())
    }

    fn change(&mut self, gr: &GroupResource, change: impl FnOnce(&mut Value)) {
        let (key, caller) = (Key::namespaced(gr, "default", "app"), Caller::controller("tests", self.world.now));
        self.world.kube.api.modify(&caller, &key, Part::Object, change).unwrap();
        self.world.settle();
    }

    fn delete(&mut self, gr: &GroupResource) {
        let (key, caller) = (Key::namespaced(gr, "default", "app"), Caller::controller("tests", self.world.now));
        self.world.kube.api.delete(&caller, &key, &DeleteOptions::default()).unwrap();
        self.world.settle();
    }

    /// How many bytes are in the volume of the claim; `None` while it is not bound.
    fn content(&self) -> Option<u64> {
        let claim = self.get(&CLAIMS);
        let volume = Key::cluster(&GroupResource::PERSISTENT_VOLUMES, claim["spec"]["volumeName"].as_str()?);
        let volume = self.world.kube.api.get(&volume)?;
        self.world.volsync.volumes.get(volume["spec"]["csi"]["volumeHandle"].as_str()?).copied()
    }

    fn newest(&self) -> Option<u64> {
        self.world.volsync.newest("nas", "app@default")
    }
}

#[test]
fn a_claim_waits_for_its_restore_and_gets_the_volume_that_was_filled_for_it() {
    let mut lab = Lab::with(&[1, 4096]);
    lab.claim();
    lab.pass(20);
    assert_eq!(lab.content(), None);
    lab.restore();
    lab.pass(10);
    assert_eq!(lab.said(), ["Populating", "PopulatingPrimePvc", "Restoring"]);
    lab.pass(40);
    assert_eq!(lab.said(), ["Populated", "RestoreSucceeded", "Completed"]);
    assert_eq!(lab.content(), Some(4096));
    let claim = lab.get(&CLAIMS);
    assert_eq!(lab.status()["claims"]["app"]["uid"], claim["metadata"]["uid"]);
    let own = format!("pvc-{}", claim["metadata"]["uid"].as_str().unwrap());
    assert_ne!(claim["spec"]["volumeName"], own, "it was made for another claim than this");
}

#[test]
fn without_a_snapshot_an_empty_volume_is_completed_unless_it_is_to_fail() {
    let mut lab = Lab::with(&[]);
    lab.restore();
    lab.claim();
    lab.pass(60);
    assert_eq!(lab.said(), ["Populated", "NoSnapshotContinue", "Completed"]);
    assert_eq!(lab.content(), Some(0));
    let mut lab = Lab::with(&[]);
    lab.restore();
    lab.change(&kinds::RESTORES, |restore| restore["spec"]["policy"]["onMissingSnapshot"] = json!("Fail"));
    lab.claim();
    lab.pass(60);
    assert_eq!(lab.said(), ["Failed", "SnapshotNotFound", "Failed"]);
    assert_eq!(lab.content(), None);
}

#[test]
fn a_claim_that_was_bound_by_somebody_else_is_completed_too() {
    let mut lab = Lab::with(&[4096]);
    lab.world.kopiur.ignores_populators = true;
    lab.claim();
    lab.pass(10);
    lab.restore();
    lab.pass(10);
    assert_eq!(lab.said(), ["AlreadyBound", "TargetAlreadyBound", "Completed"]);
    assert_eq!(lab.content(), Some(0));
}

#[test]
fn a_claim_that_is_bound_while_the_mover_works_has_failed() {
    let mut lab = Lab::with(&[4096]);
    lab.restore();
    lab.claim();
    lab.pass(10);
    lab.world.kopiur.ignores_populators = true;
    lab.pass(50);
    assert_eq!(lab.said(), ["Failed", "PopulateHijacked", "Failed"]);
    assert_eq!(lab.content(), Some(0));
}

#[test]
fn a_claim_that_failed_is_not_tried_again_and_one_that_is_made_anew_gets_the_snapshot_of_before() {
    let mut lab = Lab::with(&[4096]);
    let key = Key::namespaced(&kinds::RESTORES, "default", "app");
    lab.world.kopiur.failing.insert(key.clone());
    lab.restore();
    lab.claim();
    lab.pass(60);
    assert_eq!(lab.said(), ["Failed", "MoverJobFailed", "Failed"]);
    lab.world.kopiur.failing.remove(&key);
    lab.world.volsync.back_up("nas", "app@default", 1);
    lab.pass(600);
    assert_eq!(lab.said()[0], "Failed");
    lab.delete(&CLAIMS);
    lab.claim();
    lab.pass(60);
    assert_eq!(lab.said(), ["Populated", "RestoreSucceeded", "Completed"]);
    assert_eq!(lab.content(), Some(4096), "it is not the newest");
}

#[test]
fn a_restore_can_leave_out_what_it_restored() {
    let mut lab = Lab::with(&[4096]);
    lab.world.kopiur.unpinned.insert(Key::namespaced(&kinds::RESTORES, "default", "app"));
    lab.restore();
    lab.claim();
    lab.pass(60);
    assert_eq!(lab.said(), ["Populated", "RestoreSucceeded", "Completed"]);
    assert_eq!(lab.status()["claims"]["app"]["resolved"], Value::Null);
}

#[test]
fn a_schedule_backs_an_empty_volume_up_though_its_policy_is_suspended_and_not_when_it_is_itself() {
    for (suspended, newest) in [(false, 0), (true, 4096)] {
        let mut lab = Lab::with(&[4096]);
        lab.world.kopiur.ignores_populators = true;
        lab.claim();
        lab.change(&kinds::POLICIES, |policy| policy["spec"]["suspend"] = json!(true));
        lab.schedule(suspended);
        lab.pass(400);
        assert_eq!(lab.newest(), Some(newest));
        let observed = lab.get(&kinds::SCHEDULES)["status"]["observedGeneration"].clone();
        assert_eq!(observed, Value::Null, "nothing confirms that it was read");
    }
}

#[test]
fn a_slot_that_was_missed_is_made_up_for_as_soon_as_the_schedule_goes_on() {
    let mut lab = Lab::with(&[]);
    lab.restore();
    lab.claim();
    lab.schedule(true);
    lab.pass(900);
    assert_eq!(lab.newest(), None);
    lab.change(&kinds::SCHEDULES, |schedule| schedule["spec"]["schedule"]["suspend"] = json!(false));
    lab.pass(40);
    assert_eq!(lab.newest(), Some(0));
}

#[test]
fn a_frozen_kopiur_says_nothing_of_a_claim() {
    let mut lab = Lab::with(&[4096]);
    lab.world.flux.faults.frozen.insert(Program::Kopiur);
    lab.restore();
    lab.claim();
    lab.pass(300);
    assert_eq!((lab.status(), lab.content()), (Value::Null, None));
}
