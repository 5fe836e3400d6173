//! The restore that the tree asks for, after the sync.

use fluxlift_core::ErrorKind;
use fluxlift_sim::Options;
use fluxlift_sim::volsync::install;
use fluxlift_sim::volsync::install::{CLASS, snapshot_class};
use serde_json::json;

use super::lab::{Lab, chain};

const S3: &str = "s3://backups/kopia";

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
async fn a_tree_that_asks_for_something_else_is_told_what_it_may_ask_for() {
    let mut lab = Lab::new(Options::default());
    lab.more = json!({"restore": true});
    let error = lab.try_apply("flux_instance").await.unwrap_err();
    assert!(chain(&error).contains("restore is \"off\", \"all\", or a list of names"), "{}", chain(&error));
}
