//! Everything that VolSync and the storage call done and that is not: refused by name, each time.

use std::time::Duration;

use fluxlift_core::{Deadline, ErrorKind, Explain};
use fluxlift_sim::controllers::Program;
use fluxlift_sim::kube::{GroupResource, Key};
use fluxlift_sim::volsync::SnapshotFault;
use serde_json::{Value, json};

use super::lab::{CLAIMS, DESTINATIONS, Lab, S3, SOURCES};

#[tokio::test(start_paused = true)]
async fn a_repository_without_a_matching_snapshot_is_refused_and_the_backup_stays_held() {
    let lab = Lab::new().await;
    lab.with(|world| world.volsync.back_up(S3, "another@default", 7));
    lab.app("app", "app");
    lab.pass(60).await;
    let why = lab.refused().await;
    assert!(why.contains("the repository has no snapshot of app@default"), "{why}");
    assert!(lab.is_held("app"), "an empty volume must not be backed up");
    lab.pass(600).await;
    assert_eq!(lab.with(|world| world.volsync.newest(S3, "app@default")), None);
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_was_filled_from_an_empty_restore_is_refused_and_its_backup_is_held_by_name() {
    let lab = Lab::new().await;
    lab.app("app", "another");
    lab.claim("app");
    lab.pass(60).await;
    assert_eq!(lab.content("app"), Some(0));
    let why = lab.refused().await;
    assert!(why.contains("claim app is bound") && why.contains("No eligible snapshots"), "{why}");
    assert_eq!(lab.steps(), ["held replicationsource/default/app until default/app-dst is proven"]);
    assert!(lab.is_held("app"), "an empty volume must not be backed up");
    let source = lab.get(&SOURCES, "app");
    let said = |name: &str| source["metadata"]["annotations"][name].as_str().unwrap().to_owned();
    assert_eq!(said("fluxlift.dev/held-by"), "me@here");
    assert!(said("fluxlift.dev/held-why").contains("No eligible snapshots"), "{source:#}");
    // A person who knows that the application is new says so, and the next run lets it go.
    lab.change(&DESTINATIONS, "app-dst", |object| {
        object["metadata"]["annotations"]["fluxlift.dev/restore"] = json!("skip");
    });
    assert!(lab.restore().await.unwrap().failure().is_none());
    assert!(!lab.is_held("app"));
}

#[tokio::test(start_paused = true)]
async fn a_repository_claim_that_was_provisioned_anew_is_refused_and_nothing_is_triggered() {
    let lab = Lab::new().await;
    lab.emptied("app").await;
    lab.apply(json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": "kopia", "namespace": "default"}, "spec": {"accessModes": ["ReadWriteMany"],
            "resources": {"requests": {"storage": "1Gi"}}}}));
    lab.change(&DESTINATIONS, "app-dst", |object| {
        object["spec"]["kopia"]["moverVolumes"] = json!([{"mountPath": "repository",
            "volumeSource": {"persistentVolumeClaim": {"claimName": "kopia"}}}]);
    });
    lab.pass(10).await;
    let before = lab.get(&DESTINATIONS, "app-dst");
    let why = lab.refused().await;
    assert!(why.contains("provisioned for it") && why.contains("in a new cluster it is empty"), "{why}");
    assert_eq!(lab.get(&DESTINATIONS, "app-dst")["spec"], before["spec"]);
    assert!(!lab.is_held("app"), "nothing was triggered: all is as it was");
}

#[tokio::test(start_paused = true)]
async fn a_repository_claim_on_the_volume_that_it_should_be_on_is_restored_from() {
    let lab = Lab::new().await;
    lab.app("app", "app");
    lab.pass(60).await;
    lab.apply(json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "kopia"},
        "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteMany"],
            "persistentVolumeReclaimPolicy": "Retain", "csi": {"driver": "csi", "volumeHandle": "old-1"}}}));
    lab.apply(json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": "kopia", "namespace": "default", "annotations": {"fluxlift.dev/volume-handle": "old-1"}},
        "spec": {"accessModes": ["ReadWriteMany"], "volumeName": "kopia",
            "resources": {"requests": {"storage": "1Gi"}}}}));
    lab.with(|world| world.volsync.back_up("old-1", "app@default", 7));
    lab.change(&DESTINATIONS, "app-dst", |object| {
        object["spec"]["kopia"]["moverVolumes"] = json!([{"mountPath": "repository",
            "volumeSource": {"persistentVolumeClaim": {"claimName": "kopia"}}}]);
    });
    lab.pass(10).await;
    let report = lab.restore().await.unwrap();
    assert!(report.failure().is_none(), "{report:?}");
}

#[tokio::test(start_paused = true)]
async fn a_paused_destination_is_refused_and_nothing_is_held() {
    let lab = Lab::new().await;
    lab.emptied("app").await;
    lab.change(&DESTINATIONS, "app-dst", |object| object["spec"]["paused"] = json!(true));
    let why = lab.refused().await;
    assert!(why.contains("it is paused"), "{why}");
    assert!(!lab.is_held("app"));
}

/// Restores while something happens 15 seconds after the trigger; why the restore is not proven.
async fn meddled(lab: &Lab, act: impl FnOnce(&mut Value)) -> String {
    let meddle = async {
        while !lab.steps().iter().any(|step| step.starts_with("triggered")) {
            lab.pass(1).await;
        }
        lab.pass(15).await;
        lab.change(&DESTINATIONS, "app-dst", act);
    };
    tokio::join!(lab.refused(), meddle).0
}

#[tokio::test(start_paused = true)]
async fn a_tag_that_is_changed_midway_is_refused_with_who_changed_it() {
    let lab = Lab::new().await;
    lab.emptied("app").await;
    let why = meddled(&lab, |object| object["spec"]["trigger"]["manual"] = json!("theirs")).await;
    assert!(why.contains("its tag was changed midway by somebody") && why.contains("to theirs"), "{why}");
    assert!(lab.is_held("app"));
}

#[tokio::test(start_paused = true)]
async fn a_destination_that_is_paused_midway_is_refused() {
    let lab = Lab::new().await;
    lab.emptied("app").await;
    let why = meddled(&lab, |object| object["spec"]["paused"] = json!(true)).await;
    assert!(why.contains("is paused"), "{why}");
}

#[tokio::test(start_paused = true)]
async fn a_mover_without_words_is_unknown_and_not_a_success() {
    let lab = Lab::new().await;
    lab.emptied("app").await;
    let key = Key::namespaced(&DESTINATIONS, "default", "app-dst");
    lab.with(|world| world.volsync.faults.silent.insert(key));
    let why = lab.refused().await;
    assert!(why.contains("says neither"), "{why}");
    assert!(lab.is_held("app"));
}

#[tokio::test(start_paused = true)]
async fn an_image_that_is_never_ready_or_has_no_size_is_refused() {
    for (fault, words) in
        [(SnapshotFault::NeverReady, "is not ready to use"), (SnapshotFault::Sizeless, "with a size of 0")]
    {
        let lab = Lab::new().await;
        lab.emptied("app").await;
        lab.with(|world| world.volsync.faults.snapshots = fault);
        let why = lab.refused().await;
        assert!(why.contains(words), "{why}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_frozen_volsync_is_refused_before_anything_is_held() {
    let lab = Lab::new().await;
    lab.emptied("app").await;
    lab.with(|world| world.flux.faults.frozen.insert(Program::VolSync));
    let error = lab.restore().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotProven);
    assert!(error.to_string().contains("VolSync has not touched the canary"), "{error}");
    assert_eq!(lab.steps(), [""; 0]);
    assert!(!lab.has_canaries());
}

#[tokio::test(start_paused = true)]
async fn a_secret_or_a_class_that_is_missing_is_named() {
    let lab = Lab::new().await;
    lab.emptied("app").await;
    lab.change(&DESTINATIONS, "app-dst", |object| object["spec"]["kopia"]["storageClassName"] = json!("ceph"));
    assert!(lab.refused().await.contains("storageclass/ceph does not exist"));
    lab.change(&DESTINATIONS, "app-dst", |object| object["spec"]["kopia"]["repository"] = json!("other"));
    assert!(lab.refused().await.contains("secret/default/other does not exist"));
    assert!(!lab.is_held("app"));
}

#[tokio::test(start_paused = true)]
async fn an_api_that_goes_away_midway_is_an_error_with_the_last_verdict() {
    let mut lab = Lab::new().await;
    lab.emptied("app").await;
    lab.limits.restore = Deadline::after(Duration::from_secs(120));
    let gone = async {
        while !lab.steps().iter().any(|step| step.starts_with("triggered")) {
            lab.pass(1).await;
        }
        lab.with(|world| world.kube.stop(&"127.101.0.10:6443".parse().unwrap()));
    };
    let (report, ()) = tokio::join!(lab.restore(), gone);
    let report = report.unwrap();
    let why = fluxlift_core::chain(report.outcomes[0].result.as_ref().unwrap_err());
    assert!(why.contains("destination default/app-dst synchronized was not proven"), "{why}");
    assert_eq!(report.held, ["replicationsource/default/app"]);
}

#[tokio::test(start_paused = true)]
async fn a_cluster_without_volsync_and_kopiur_is_told_so() {
    let lab = Lab::new().await;
    let definitions = GroupResource::CUSTOM_RESOURCE_DEFINITIONS;
    lab.with(|world| {
        let caller = fluxlift_sim::kube::Caller::controller("somebody", world.now);
        for gr in [&DESTINATIONS, &SOURCES] {
            let key = Key::cluster(&definitions, gr.to_string());
            world.kube.api.delete(&caller, &key, &fluxlift_sim::kube::DeleteOptions::default()).unwrap();
        }
    });
    lab.pass(10).await;
    let error = lab.restore().await.unwrap_err().to_string();
    let words =
        "has no VolSync and no kopiur: it defines no replicationdestinations.volsync.backube and no restores.kopiur";
    assert!(error.contains(words), "{error}");
    assert_eq!(lab.get(&CLAIMS, "app"), Value::Null);
}
