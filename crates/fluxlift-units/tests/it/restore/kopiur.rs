//! Restores by kopiur, which acts by itself: proven, with its backups held until then, and refused where it restored
//! nothing.

use std::sync::Arc;
use std::time::Duration;

use fluxlift_core::Deadline;
use fluxlift_sim::controllers::Program;
use fluxlift_sim::kopiur::kinds::{POLICIES, RESTORES, SCHEDULES};
use fluxlift_sim::kube::wire::request::Verb;
use fluxlift_sim::kube::{Caller, DeleteOptions, Effect, Fault, Key, Reason, Status};
use serde_json::{Value, json};

use super::lab::Lab;

/// The repository of every policy here.
const NAS: &str = "nas";
const API: &str = "kopiur.home-operations.com/v1alpha1";

impl Lab {
    fn kopiur(&self, kind: &str, name: &str, spec: &Value) {
        self.apply(json!({"apiVersion": API, "kind": kind, "metadata": {"name": name, "namespace": "default"},
            "spec": spec}));
    }

    fn apply_restore(&self, name: &str) {
        let spec = json!({"source": {"fromPolicy": {"name": name}}, "target": {"populator": {}},
            "policy": {"onMissingSnapshot": "Continue"}});
        self.kopiur("Restore", name, &spec);
    }

    /// An application as trees have it: policy, schedule, Restore and claim of one name.
    fn kopiur_app(&self, name: &str) {
        self.apply_restore(name);
        self.kopiur_claim(name);
    }

    /// The same without the Restore.
    fn kopiur_claim(&self, name: &str) {
        let repository = json!({"kind": "Repository", "name": NAS});
        self.kopiur("SnapshotPolicy", name, &json!({"repository": repository, "sources": [{"pvc": {"name": name}}]}));
        let schedule = json!({"policyRef": {"name": name}, "schedule": {"cron": "*/5 * * * *"}});
        self.kopiur("SnapshotSchedule", name, &schedule);
        self.apply(json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": {"name": name, "namespace": "default"}, "spec": {"accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": "5Gi"}},
                "dataSourceRef": {"apiGroup": "kopiur.home-operations.com", "kind": "Restore", "name": name}}}));
    }

    /// The repository has a snapshot of this application.
    fn backed_up(&self, name: &str) {
        self.with(|world| world.volsync.back_up(NAS, &format!("{name}@default"), 4096));
    }

    fn newest(&self) -> Option<u64> {
        self.with(|world| world.volsync.newest(NAS, "app@default"))
    }

    /// Whether a restore holds the schedule of this application.
    fn holds(&self, name: &str) -> bool {
        let schedule = self.get(&SCHEDULES, name);
        let held = schedule["metadata"]["labels"]["fluxlift.dev/held-by-restore"].is_string();
        assert_eq!(held, schedule["spec"]["schedule"]["suspend"] == true, "{schedule:#}");
        held
    }

    /// Waits until a run has held something, and some seconds more.
    async fn held(&self, seconds: u64) {
        while !self.steps().iter().any(|step| step.starts_with("held")) {
            self.pass(1).await;
        }
        self.pass(seconds).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_kopiur_fills_is_proven_before_its_backups_go_on() {
    let lab = Lab::with_kopiur().await;
    lab.backed_up("app");
    lab.kopiur_app("app");
    let before = lab.get(&SCHEDULES, "app")["spec"].clone();
    let row = lab.plan().await.rows().remove(0);
    assert_eq!(
        (row.action, row.repository.as_str(), &row.holds[..]),
        ("adopt", "repository nas", &["app".to_owned()][..])
    );
    let report = lab.restore().await.unwrap();
    assert!(report.failure().is_none() && report.held.is_empty(), "{report:?}");
    assert_eq!(lab.content("app"), Some(4096));
    let steps = lab.steps();
    let order = ["held", "restored", "released"];
    assert_eq!(steps.iter().map(|step| step.split(' ').next().unwrap()).collect::<Vec<_>>(), order, "{steps:#?}");
    assert!(steps[1].contains("snapshot k0000-app-default of unknown size into claim app"), "{steps:#?}");
    assert_eq!(lab.get(&SCHEDULES, "app")["spec"], before);
    assert!(!lab.get(&RESTORES, "app")["metadata"].to_string().contains("fluxlift.dev"));
    lab.pass(600).await;
    assert!(lab.with(|world| world.volsync.repositories[NAS]["app@default"].len()) > 1, "the backups go on");
    assert_eq!((lab.newest(), lab.plan().await.rows()[0].action), (Some(4096), "nothing"));
}

#[tokio::test(start_paused = true)]
async fn an_empty_repository_is_refused_and_its_schedule_stays_held() {
    let lab = Lab::with_kopiur().await;
    lab.kopiur_app("app");
    lab.pass(60).await;
    assert_eq!(
        (lab.get(&RESTORES, "app")["status"]["phase"].as_str(), lab.content("app")),
        (Some("Completed"), Some(0))
    );
    let why = lab.refused().await;
    assert!(why.contains("kopiur found no snapshot for claim app, and gives it an empty volume"), "{why}");
    assert!(lab.holds("app"), "an empty volume must not be backed up");
    lab.pass(600).await;
    assert_eq!(lab.newest(), None);
    // A person who knows that the application is new says so, and the next run lets it go.
    lab.change(&RESTORES, "app", |restore| restore["metadata"]["annotations"]["fluxlift.dev/restore"] = json!("skip"));
    assert!(lab.restore().await.unwrap().failure().is_none());
    assert!(!lab.holds("app"));
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_of_an_empty_volume_is_no_restore() {
    let lab = Lab::with_kopiur().await;
    lab.with(|world| world.volsync.back_up(NAS, "app@default", 0));
    lab.kopiur("Snapshot", "found", &json!({}));
    lab.with(|world| {
        let (key, caller) = (found(), Caller::controller("kopiur", world.now));
        let status = json!({"phase": "Discovered", "snapshot": {"kopiaSnapshotID": "k0000-app-default"},
            "stats": {"sizeBytes": 0}});
        let part = fluxlift_sim::kube::Part::Status;
        world.kube.api.modify(&caller, &key, part, |object| object["status"] = status).unwrap();
    });
    lab.kopiur_app("app");
    let why = lab.refused().await;
    assert!(why.contains("was made of an empty volume: snapshot/default/found has 0 bytes"), "{why}");
    assert!(lab.holds("app"));
    assert_eq!(lab.plan().await.rows()[0].action, "refuse");
}

fn found() -> Key {
    Key::namespaced(&fluxlift_sim::kopiur::kinds::SNAPSHOTS, "default", "found")
}

#[tokio::test(start_paused = true)]
async fn a_provisioner_that_fills_the_claim_itself_is_refused() {
    let lab = Lab::with_kopiur().await;
    lab.backed_up("app");
    lab.with(|world| world.kopiur.ignores_populators = true);
    lab.kopiur_claim("app");
    lab.pass(60).await;
    lab.apply_restore("app");
    lab.pass(10).await;
    let why = lab.refused().await;
    assert!(why.contains("claim app was bound before kopiur could fill it, so that no restore of it ran"), "{why}");
    assert!(!lab.holds("app"), "it may have been in use for years");
}

#[tokio::test(start_paused = true)]
async fn a_mover_that_fails_is_told_in_its_words_and_its_schedule_is_held() {
    let lab = Lab::with_kopiur().await;
    lab.backed_up("app");
    lab.with(|world| world.kopiur.failing.insert(Key::namespaced(&RESTORES, "default", "app")));
    lab.kopiur_app("app");
    let why = lab.refused().await;
    assert!(why.contains("Failed (MoverJobFailed): unable to open the repository"), "{why}");
    assert!(lab.holds("app"));
}

#[tokio::test(start_paused = true)]
async fn a_restore_that_does_not_say_what_it_restored_is_refused() {
    let lab = Lab::with_kopiur().await;
    lab.backed_up("app");
    lab.with(|world| world.kopiur.unpinned.insert(Key::namespaced(&RESTORES, "default", "app")));
    lab.kopiur_app("app");
    let why = lab.refused().await;
    assert!(why.contains("populated, and does not say from which snapshot"), "{why}");
}

#[tokio::test(start_paused = true)]
async fn a_suspended_policy_is_no_hold() {
    let lab = Lab::with_kopiur().await;
    lab.kopiur_app("app");
    lab.change(&POLICIES, "app", |policy| policy["spec"]["suspend"] = json!(true));
    lab.pass(60).await;
    lab.refused().await;
    assert!(lab.holds("app"));
    lab.pass(600).await;
    assert_eq!(lab.newest(), None);
}

#[tokio::test(start_paused = true)]
async fn a_backup_that_is_under_way_is_waited_for_and_told_by_name() {
    let mut lab = Lab::with_kopiur().await;
    lab.backed_up("app");
    lab.limits.needs = Deadline::after(Duration::from_secs(30));
    lab.with(|world| world.kopiur.failing.insert(Key::namespaced(&RESTORES, "default", "app")));
    lab.kopiur_app("app");
    // It waits for the claim, which is bound by nobody.
    lab.kopiur("Snapshot", "by-hand", &json!({"policyRef": {"name": "app"}}));
    lab.pass(5).await;
    let why = lab.refused().await;
    assert!(why.contains("a backup of it is under way: snapshot/default/by-hand"), "{why}");
}

#[tokio::test(start_paused = true)]
async fn a_restore_that_is_replaced_midway_is_refused() {
    let lab = Lab::with_kopiur().await;
    lab.backed_up("app");
    lab.with(|world| world.volsync.moving = jiff::SignedDuration::from_secs(60));
    lab.kopiur_app("app");
    let replace = async {
        lab.held(10).await;
        lab.with(|world| {
            let (key, caller) =
                (Key::namespaced(&RESTORES, "default", "app"), Caller::controller("somebody", world.now));
            world.kube.api.delete(&caller, &key, &DeleteOptions::default()).unwrap();
        });
        lab.apply_restore("app");
    };
    let (why, ()) = tokio::join!(lab.refused(), replace);
    assert!(why.contains("restore/default/app was replaced"), "{why}");
    assert!(lab.holds("app"));
}

#[tokio::test(start_paused = true)]
async fn a_frozen_kopiur_is_pending_and_named() {
    let mut lab = Lab::with_kopiur().await;
    lab.backed_up("app");
    lab.limits.restore = Deadline::after(Duration::from_secs(120));
    lab.with(|world| world.flux.faults.frozen.insert(Program::Kopiur));
    lab.kopiur_app("app");
    let why = lab.refused().await;
    assert!(why.contains("kopiur has not read restore/default/app as it is now yet"), "{why}");
    assert!(lab.holds("app"));
}

#[tokio::test(start_paused = true)]
async fn what_a_killed_run_holds_is_let_go_by_the_next() {
    let lab = Arc::new(Lab::with_kopiur().await);
    lab.backed_up("app");
    lab.kopiur_app("app");
    let run = tokio::spawn({
        let lab = Arc::clone(&lab);
        async move { lab.restore().await.map(|_| ()) }
    });
    lab.held(1).await;
    run.abort();
    let _ = run.await;
    assert!(lab.holds("app"));
    lab.pass(60).await;
    assert_eq!(lab.plan().await.rows()[0].action, "nothing");
    assert!(lab.restore().await.unwrap().failure().is_none());
    assert!(!lab.holds("app"));
}

#[tokio::test(start_paused = true)]
async fn what_is_held_can_be_let_go_without_a_restore() {
    let lab = Lab::with_kopiur().await;
    lab.kopiur_app("app");
    lab.pass(60).await;
    lab.refused().await;
    let released: Vec<String> = lab.release().await.iter().map(ToString::to_string).collect();
    assert_eq!(released, ["snapshotschedule/default/app"]);
    assert!(!lab.holds("app"));
}

#[tokio::test(start_paused = true)]
async fn a_restore_into_a_claim_that_is_there_is_named_and_not_judged() {
    let lab = Lab::with_kopiur().await;
    let spec = json!({"source": {"fromPolicy": {"name": "app"}}, "target": {"pvcRef": {"name": "app"}}});
    lab.kopiur("Restore", "direct", &spec);
    lab.kopiur_app("app");
    let plan = lab.plan().await;
    assert_eq!(plan.rows().len(), 1);
    assert!(plan.beyond[0].contains("restore/default/direct is nothing that claims ask for"), "{:?}", plan.beyond);
}

#[tokio::test(start_paused = true)]
async fn volsync_and_kopiur_are_restored_in_one_run() {
    let lab = Lab::with_both().await;
    lab.emptied("app").await;
    // They share a name, and neither is taken for the other.
    lab.kopiur_app("app-dst");
    lab.backed_up("app-dst");
    let plan = lab.plan().await;
    let rows: Vec<_> = plan.rows().into_iter().map(|row| (row.name, row.action, row.holds)).collect();
    let row = |action, held: &str| ("app-dst".to_owned(), action, vec![held.to_owned()]);
    assert_eq!(rows, [row("adopt", "app-dst"), row("restore", "app")]);
    let report = lab.restore().await.unwrap();
    assert!(report.failure().is_none() && report.held.is_empty(), "{report:?}");
    assert_eq!(lab.content("app-dst"), Some(4096));
    assert!(!lab.is_held("app") && !lab.holds("app-dst"));
}

#[tokio::test(start_paused = true)]
async fn a_cluster_with_one_of_both_is_enough() {
    let volsync = Lab::new().await;
    volsync.emptied("app").await;
    assert_eq!(volsync.plan().await.rows()[0].action, "restore");
    // Who may list no more than VolSync's is not kept from anything.
    let refusal = Effect::Refuse(Status::new(403, Reason::Forbidden, "you may not list restores"));
    volsync.with(|world| world.kube.faults.add(Fault::any(9, refusal).on(Verb::List, RESTORES)));
    assert_eq!(volsync.plan().await.rows()[0].action, "restore");
    let kopiur = Lab::with_kopiur().await;
    kopiur.kopiur_app("app");
    assert_eq!(kopiur.plan().await.rows()[0].action, "adopt");
}
