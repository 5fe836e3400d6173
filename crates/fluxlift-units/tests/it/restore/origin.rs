//! What was restored, and from where: good words of a mover about the wrong thing count for nothing.

use fluxlift_flux::restore::Choice;
use fluxlift_sim::kube::{Caller, DeleteOptions, GroupResource, Key};
use serde_json::json;

use super::lab::{CLAIMS, DESTINATIONS, Lab, S3, SOURCES};

#[tokio::test(start_paused = true)]
async fn the_backup_of_an_empty_volume_in_a_new_repository_is_no_data_however_well_it_was_restored() {
    let lab = Lab::new().await;
    let fresh = lab.provisioned("kopia").await;
    lab.with(|world| world.volsync.back_up(&fresh, "app@default", 0));
    lab.app("app", "app");
    lab.repository_on("app-dst", "kopia");
    lab.claim("app");
    lab.pass(60).await;
    assert_eq!(lab.content("app"), Some(0));
    let why = lab.refused().await;
    assert!(why.contains("not proven to be the right one") && why.contains("provisioned for it"), "{why}");
    // A person who knows that it is the right one says so.
    lab.change(&CLAIMS, "kopia", |claim| {
        claim["metadata"]["annotations"]["fluxlift.dev/volume-handle"] = json!(fresh);
    });
    let report = lab.restore().await.unwrap();
    assert_eq!((report.outcomes[0].action, report.failure()), ("nothing", None));
}

#[tokio::test(start_paused = true)]
async fn an_image_that_is_gone_is_restored_again_although_its_destination_says_that_it_is_restored() {
    let lab = Lab::new().await;
    lab.with(|world| world.volsync.back_up(S3, "app@default", 4096));
    lab.app("app", "app");
    lab.pass(60).await;
    assert_eq!(lab.plan().await.rows()[0].action, "nothing");
    let image = lab.get(&DESTINATIONS, "app-dst")["status"]["latestImage"]["name"].as_str().unwrap().to_owned();
    lab.delete(&fluxlift_sim::volsync::kinds::SNAPSHOTS, &image);
    assert_eq!(lab.plan().await.rows()[0].action, "restore");
    assert!(lab.restore().await.unwrap().failure().is_none());
    assert_eq!(lab.plan().await.rows()[0].action, "nothing");
}

#[tokio::test(start_paused = true)]
async fn an_identity_that_no_snapshot_has_is_named_at_once_where_the_mover_fails_by_it() {
    for (own, words) in
        [(true, "destination default/app-dst idle"), (false, "destination default/app-dst synchronized")]
    {
        let lab = Lab::new().await;
        lab.with(|world| world.volsync.faults.strict = own);
        lab.app("app", "app");
        lab.pass(90).await;
        lab.with(|world| world.volsync.faults.strict = true);
        let why = lab.refused().await;
        assert!(why.contains(words) && why.contains("the repository has no snapshot of app@default"), "{why}");
        assert!(lab.is_held("app"));
    }
}

#[tokio::test(start_paused = true)]
async fn an_image_that_is_replaced_while_a_claim_waits_is_not_what_was_proven() {
    let lab = Lab::new().await;
    lab.emptied("app").await;
    lab.claim_of("app", "late");
    let meddle = async {
        lab.triggered().await;
        lab.pass(60).await;
        lab.change(&DESTINATIONS, "app-dst", |object| object["spec"]["trigger"]["manual"] = json!("theirs"));
        lab.pass(60).await;
        lab.apply(json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "late"},
            "provisioner": "csi.sim.fluxlift.dev"}));
    };
    let why = tokio::join!(lab.refused(), meddle).0;
    assert!(why.contains("it was synchronized once more meanwhile"), "{why}");
    assert!(lab.is_held("app"));
}

/// A destination that writes into the claim `app`, and found nothing to write so far.
async fn direct() -> Lab {
    let lab = Lab::new().await;
    lab.provisioned("app").await;
    lab.app("app", "app");
    // Or the empty volume would be backed up first, and restored.
    lab.delete(&SOURCES, "app");
    lab.change(&DESTINATIONS, "app-dst", |object| {
        object["spec"]["kopia"]["copyMethod"] = json!("Direct");
        object["spec"]["kopia"]["destinationPVC"] = json!("app");
    });
    lab.pass(60).await;
    lab.with(|world| world.volsync.back_up(S3, "app@default", 4096));
    lab
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_was_written_and_then_made_anew_is_not_restored() {
    let lab = direct().await;
    let named = Choice::Names(vec!["app-dst".to_owned()]);
    let report = lab.restore_of(&named, None).await.unwrap();
    assert!(report.failure().is_none(), "{report:?}");
    assert_eq!(lab.content("app"), Some(4096));
    assert_eq!(lab.plan().await.rows()[0].action, "nothing");
    lab.delete(&CLAIMS, "app");
    lab.pass(10).await;
    let why = lab.refused().await;
    assert!(why.contains("persistentvolumeclaim/default/app is not there"), "{why}");
    lab.provisioned("app").await;
    let why = lab.refused().await;
    assert!(why.contains("it restores over claim app"), "{why}");
    let report = lab.restore_of(&named, None).await.unwrap();
    assert!(report.failure().is_none(), "{report:?}");
    assert_eq!(lab.content("app"), Some(4096));
}

impl Lab {
    fn delete(&self, gr: &GroupResource, name: &str) {
        self.with(|world| {
            let (key, caller) = (Key::namespaced(gr, "default", name), Caller::controller("somebody", world.now));
            world.kube.api.delete(&caller, &key, &DeleteOptions::default()).unwrap();
        });
    }
}
