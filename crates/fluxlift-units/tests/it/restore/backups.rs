//! Which backups stand still, for whom, and until when.

use fluxlift_core::ErrorKind;
use fluxlift_flux::restore::Choice;
use serde_json::json;

use super::lab::{DESTINATIONS, Lab, S3, SOURCES};

#[tokio::test(start_paused = true)]
async fn a_backup_stays_held_where_a_claim_waits_for_an_empty_image_although_nothing_was_triggered() {
    let lab = Lab::new().await;
    lab.emptied("app").await;
    lab.provisioned("kopia").await;
    lab.repository_on("app-dst", "kopia");
    lab.claim_of("app", "late");
    let report = lab.restore().await.unwrap();
    let why = fluxlift_core::chain(report.outcomes[0].result.as_ref().unwrap_err());
    assert!(why.contains("in a new cluster it is empty"), "{why}");
    assert!(!lab.steps().iter().any(|step| step.starts_with("triggered")), "{:#?}", lab.steps());
    assert!(lab.is_held("app"), "VolSync fills the claim with nothing as soon as its class is there");
    assert_eq!(report.held, ["replicationsource/default/app"]);
}

#[tokio::test(start_paused = true)]
async fn a_paused_destination_whose_claim_was_filled_with_nothing_holds_its_backup() {
    let lab = Lab::new().await;
    lab.app("app", "another");
    lab.claim("app");
    lab.pass(60).await;
    lab.change(&DESTINATIONS, "app-dst", |object| object["spec"]["paused"] = json!(true));
    let why = lab.refused().await;
    assert!(why.contains("it is paused"), "{why}");
    assert!(lab.is_held("app"), "an empty volume must not be backed up");
}

#[tokio::test(start_paused = true)]
async fn a_backup_that_somebody_lets_go_midway_is_held_again_and_the_restore_is_not_proven() {
    let lab = Lab::new().await;
    lab.emptied("app").await;
    let meddle = async {
        lab.triggered().await;
        lab.change(&SOURCES, "app", |source| source["spec"]["paused"] = json!(false));
    };
    let why = tokio::join!(lab.refused(), meddle).0;
    assert!(why.contains("replicationsource/default/app was not paused any more"), "{why}");
    assert!(lab.is_held("app"));
}

#[tokio::test(start_paused = true)]
async fn a_backup_that_somebody_lets_go_while_all_still_comes_is_held_again() {
    let lab = Lab::new().await;
    lab.emptied("app").await;
    let others = async {
        lab.pass(5).await;
        assert!(lab.is_held("app"));
        lab.change(&SOURCES, "app", |source| source["spec"]["paused"] = json!(false));
        lab.pass(5).await;
        lab.is_held("app")
    };
    assert!(lab.guarding(others).await);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_names_one_of_two_destinations_leaves_their_backup_held_for_the_other() {
    let lab = Lab::new().await;
    lab.emptied("app").await;
    let spec = lab.get(&DESTINATIONS, "app-dst")["spec"].clone();
    lab.apply(json!({"apiVersion": "volsync.backube/v1alpha1", "kind": "ReplicationDestination",
        "metadata": {"name": "second-dst", "namespace": "default"}, "spec": spec}));
    lab.with(|world| world.volsync.repositories.clear());
    lab.pass(60).await;
    lab.with(|world| world.volsync.back_up(S3, "app@default", 4096));
    let first = Choice::Names(vec!["app-dst".to_owned()]);
    let report = lab.restore_of(&first, None).await.unwrap();
    assert!(report.outcomes.len() == 1 && report.outcomes[0].result.is_ok(), "{report:?}");
    assert_eq!(report.held, ["replicationsource/default/app"]);
    assert_eq!(report.failure(), Some(ErrorKind::NotProven));
    assert!(lab.is_held("app"));
    let report = lab.restore().await.unwrap();
    assert!(report.failure().is_none() && report.held.is_empty(), "{report:?}");
    assert!(!lab.is_held("app"));
}

#[tokio::test(start_paused = true)]
async fn a_backup_of_the_same_identity_in_another_namespace_is_held_where_one_namespace_is_asked_for() {
    let lab = Lab::new().await;
    lab.emptied("app").await;
    lab.apply(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "other"}}));
    lab.apply(json!({"apiVersion": "volsync.backube/v1alpha1", "kind": "ReplicationSource",
        "metadata": {"name": "copy", "namespace": "other"}, "spec": {"sourcePVC": "copy",
            "trigger": {"schedule": "*/5 * * * *"},
            "kopia": {"repository": "kopia", "username": "app", "hostname": "default"}}}));
    let report = lab.restore_of(&Choice::All, Some("default")).await.unwrap();
    assert!(report.failure().is_none(), "{report:?}");
    let held = "held replicationsource/other/copy until default/app-dst is proven";
    assert!(lab.steps().iter().any(|step| step == held), "{:#?}", lab.steps());
}
