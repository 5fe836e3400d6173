//! The restore that the tree asks for, after the sync.

use std::time::Duration;

use fluxlift_core::ErrorKind;
use fluxlift_sim::controllers::Program;
use fluxlift_sim::flux::kinds::HELM_RELEASES;
use fluxlift_sim::kube::{Caller, Key, Part, Patch};
use fluxlift_sim::referee;
use fluxlift_sim::volsync::install::{CLASS, snapshot_class};
use fluxlift_sim::volsync::{install, kinds};
use fluxlift_sim::{Datacenter, Options, World, kopiur};
use serde_json::{Value as Json, json};

use super::lab::{Lab, chain};

const S3: &str = "s3://backups/kopia";

/// Lets time pass until the world shows it, while something else borrows the lab.
async fn look(datacenter: &Datacenter, test: fn(&mut World) -> bool) {
    while !datacenter.with(test) {
        fluxlift_gate::pace(Duration::from_millis(50)).await;
    }
}

/// The claim of the application, filled from its destination.
fn claim() -> Json {
    json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": "app", "namespace": "default"}, "spec": {"accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "5Gi"}}, "dataSourceRef": {"apiGroup": "volsync.backube",
                "kind": "ReplicationDestination", "name": "app-dst"}}})
}

/// So many actions fail until its three retries are used up, twice.
const TWICE: u32 = 8;

impl Lab {
    /// VolSync at work, and the destination of an application that restored nothing so far.
    async fn with_destination() -> Self {
        let mut lab = Self::new(Options::default());
        lab.apply("flux_operator").await;
        lab.with(|world| install(world).unwrap());
        lab.until("VolSync", |lab| lab.with(|world| snapshot_class(world).is_ok())).await;
        lab.apply_object(json!({"apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": "kopia", "namespace": "default"},
            "stringData": {"KOPIA_REPOSITORY": S3, "KOPIA_PASSWORD": "secret"}}));
        lab.apply_object(json!({"apiVersion": "volsync.backube/v1alpha1", "kind": "ReplicationDestination",
            "metadata": {"name": "app-dst", "namespace": "default"},
            "spec": {"trigger": {"manual": "restore-once"}, "kopia": {"repository": "kopia",
                "copyMethod": "Snapshot", "capacity": "5Gi", "storageClassName": CLASS,
                "volumeSnapshotClassName": CLASS, "sourceIdentity": {"sourceName": "app"}}}}));
        let done = |lab: &Self| {
            lab.find("ReplicationDestination", "default/app-dst").unwrap()["status"]["lastManualSync"].is_string()
        };
        lab.until("its own restore", done).await;
        lab
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_tree_asks_for_is_restored_after_the_sync_and_a_failure_is_a_shortfall_and_no_more() {
    let mut lab = Lab::with_destination().await;
    lab.more = json!({"restore": "all"});
    let applied = lab.apply("flux_instance").await;
    let shortfall = applied.shortfall.unwrap();
    assert_eq!(shortfall.kind(), ErrorKind::NotProven);
    let why = chain(&*shortfall);
    assert!(why.contains("1 of 1 restores are not proven: default/app-dst"), "{why}");
    assert!(why.contains("has no snapshot of app@default"), "{why}");
    assert_eq!(applied.outputs["flux_ready"], true.into());
    lab.with(|world| world.volsync.back_up(S3, "app@default", 4096));
    let applied = lab.apply("flux_instance").await;
    assert!(applied.shortfall.is_none(), "{:?}", applied.shortfall);
    let gates = lab.gates();
    let at = |name: &str| gates.iter().position(|gate| gate == name).unwrap_or_else(|| panic!("{name} in {gates:#?}"));
    assert!(at("delivered set ready") < at("data of default/app-dst restored"));
    lab.more = json!({"restore": ["sonarr"]});
    let shortfall = lab.apply("flux_instance").await.shortfall.unwrap();
    assert_eq!(shortfall.to_string(), "there is no destination sonarr");
    lab.more = json!({"restore": "off"});
    let applied = lab.apply("flux_instance").await;
    assert!(applied.shortfall.is_none() && !lab.gates().iter().any(|gate| gate.contains("app-dst")));
}

#[tokio::test(start_paused = true)]
async fn a_backup_that_comes_while_everything_else_still_comes_is_held_at_once_and_backs_up_no_empty_volume() {
    let mut lab = Lab::with_destination().await;
    lab.more = json!({"restore": "all"});
    // The application is up, with an empty volume, before all others are.
    lab.apply_object(claim());
    let datacenter = lab.datacenter.clone();
    let meanwhile = async {
        look(&datacenter, |world| referee::count(world).ready > 0).await;
        let source = json!({"apiVersion": "volsync.backube/v1alpha1", "kind": "ReplicationSource",
            "metadata": {"name": "app", "namespace": "default"}, "spec": {"sourcePVC": "app",
                "trigger": {"schedule": "*/5 * * * *"}, "kopia": {"repository": "kopia"}}});
        datacenter.with(|world| install::apply(world, source).unwrap());
        look(&datacenter, |world| {
            let source = world.kube.api.get(&Key::namespaced(&kinds::SOURCES, "default", "app")).unwrap();
            source["metadata"]["labels"]["fluxlift.dev/held-by-restore"].is_string()
        })
        .await;
        datacenter.with(|world| referee::count(world).ready)
    };
    let (applied, ready) = tokio::join!(lab.apply("flux_instance"), meanwhile);
    assert!(ready < 50, "it was held when all {ready} releases were there");
    assert!(chain(&*applied.shortfall.unwrap()).contains("claim app is bound"));
    assert_eq!(lab.with(|world| world.volsync.newest(S3, "app@default")), None);
    let source = lab.find("ReplicationSource", "default/app").unwrap();
    assert_eq!(source["spec"]["paused"], true);
}

#[tokio::test(start_paused = true)]
async fn a_schedule_is_held_as_soon_as_flux_has_brought_it_and_goes_on_when_kopiur_has_filled_its_claim() {
    let mut lab = Lab::new(Options::default());
    lab.apply("flux_operator").await;
    lab.with(|world| kopiur::install(world).unwrap());
    let of = |kind: &str, spec: Json| {
        json!({"apiVersion": "kopiur.home-operations.com/v1alpha1", "kind": kind,
            "metadata": {"name": "app", "namespace": "default"}, "spec": spec})
    };
    let restore = of("Restore", json!({"source": {"fromPolicy": {"name": "app"}}, "target": {"populator": {}}}));
    lab.until("kopiur", |lab| lab.with(|world| install::apply(world, restore.clone()).is_ok())).await;
    lab.apply_object(of(
        "SnapshotPolicy",
        json!({"repository": {"name": "nas"}, "sources": [{"pvc": {"name": "app"}}]}),
    ));
    lab.with(|world| {
        world.volsync.back_up("nas", "app@default", 4096);
        // It takes its time, so that its schedule comes before the data does.
        world.flux.faults.frozen.insert(Program::Kopiur);
    });
    let mut claim = claim();
    claim["spec"]["dataSourceRef"] =
        json!({"apiGroup": "kopiur.home-operations.com", "kind": "Restore", "name": "app"});
    lab.apply_object(claim);
    lab.more = json!({"restore": "all"});
    let datacenter = lab.datacenter.clone();
    let meanwhile = async {
        look(&datacenter, |world| referee::count(world).ready > 0).await;
        let schedule =
            of("SnapshotSchedule", json!({"policyRef": {"name": "app"}, "schedule": {"cron": "*/5 * * * *"}}));
        datacenter.with(|world| install::apply(world, schedule).unwrap());
        look(&datacenter, |world| {
            let key = Key::namespaced(&kopiur::kinds::SCHEDULES, "default", "app");
            world.kube.api.get(&key).unwrap()["spec"]["schedule"]["suspend"] == true
        })
        .await;
        datacenter.with(|world| {
            world.flux.faults.frozen.remove(&Program::Kopiur);
            referee::count(world).ready
        })
    };
    let (applied, ready) = tokio::join!(lab.apply("flux_instance"), meanwhile);
    assert!(ready < 50, "it was held when all {ready} releases were there");
    assert!(applied.shortfall.is_none(), "{:?}", applied.shortfall);
    let schedule = lab.find("SnapshotSchedule", "default/app").unwrap();
    assert_eq!(schedule["spec"]["schedule"], json!({"cron": "*/5 * * * *"}));
    assert_eq!(lab.find("PersistentVolumeClaim", "default/app").unwrap()["status"]["phase"], "Bound");
}

#[tokio::test(start_paused = true)]
async fn what_only_a_restore_of_ours_fills_is_restored_while_everything_else_still_comes_and_only_once() {
    let mut lab = Lab::with_destination().await;
    // Nobody is asked for, so that everything else takes longer than the mover.
    lab.more = json!({"restore": "all", "rescue_max_force": 0});
    // Paused it counted its tag as done, with no image.
    lab.with(|world| {
        let (key, caller) =
            (Key::namespaced(&kinds::DESTINATIONS, "default", "app-dst"), Caller::controller("tests", world.now));
        let spec = json!({"spec": {"trigger": {"manual": "restore-twice"}}});
        world.kube.api.patch(&caller, &key, &Patch::Merge(spec), Part::Object).unwrap();
        let status =
            json!({"status": {"lastManualSync": "restore-twice", "latestImage": null, "latestMoverStatus": null}});
        world.kube.api.patch(&caller, &key, &Patch::Merge(status), Part::Status).unwrap();
        world.volsync.back_up(S3, "app@default", 4096);
    });
    lab.apply_object(claim());
    let applied = lab.apply("flux_instance").await;
    assert!(applied.shortfall.is_none(), "{:?}", applied.shortfall);
    let gates = lab.gates();
    let at = |name: &str| gates.iter().position(|gate| gate == name).unwrap_or_else(|| panic!("{name} in {gates:#?}"));
    assert!(at("data of default/app-dst restored") < at("delivered set ready"));
    // The delivery was faster than the storage: what was begun is gone on with, by the same tag.
    assert!(at("delivered set ready") < at("claims of default/app-dst bound"));
    let triggered = lab.steps().iter().filter(|step| step.starts_with("triggered")).count();
    assert_eq!(triggered, 1, "{:#?}", lab.steps());
    assert_eq!(lab.find("PersistentVolumeClaim", "default/app").unwrap()["status"]["phase"], "Bound");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_reset_or_forced_until_all_data_is_back_and_then_it_is() {
    let mut lab = Lab::with_destination().await;
    lab.more = json!({"restore": "all"});
    let key = Key::namespaced(&HELM_RELEASES, "default", "actual");
    lab.with(|world| world.flux.faults.failing_releases.insert(key, TWICE));
    let acts = |lab: &Lab| -> Vec<String> {
        lab.steps().into_iter().filter(|step| step.ends_with("helmrelease/default/actual")).collect()
    };
    assert!(lab.apply("flux_instance").await.shortfall.is_some());
    assert_eq!(acts(&lab), [""; 0]);
    lab.with(|world| world.volsync.back_up(S3, "app@default", 4096));
    let applied = lab.apply("flux_instance").await;
    assert!(applied.shortfall.is_none(), "{:?}", applied.shortfall);
    let steps = lab.steps();
    let at = |begin: &str| steps.iter().position(|step| step.starts_with(begin)).unwrap();
    assert!(at("restored default/app-dst") < at("reset helmrelease/default/actual"), "{steps:#?}");
    assert_eq!(lab.tally().ready, 50);
}

#[tokio::test(start_paused = true)]
async fn a_tree_that_asks_for_something_else_is_told_what_it_may_ask_for() {
    let mut lab = Lab::new(Options::default());
    lab.more = json!({"restore": true});
    let error = lab.try_apply("flux_instance").await.unwrap_err();
    assert!(chain(&error).contains("restore is \"off\", \"all\", or a list of names"), "{}", chain(&error));
}
