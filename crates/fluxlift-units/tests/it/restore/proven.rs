//! Restores that are proven, and what they leave as it was.

use super::lab::{DESTINATIONS, Lab, S3, SOURCES};

#[tokio::test(start_paused = true)]
async fn a_restore_is_triggered_and_proven_before_its_backup_goes_on() {
    let lab = Lab::new().await;
    lab.emptied("app").await;
    let (source, spec) = (lab.get(&SOURCES, "app"), lab.get(&DESTINATIONS, "app-dst")["spec"].clone());
    assert_eq!(lab.plan().await.rows()[0].action, "restore");
    let report = lab.restore().await.unwrap();
    assert!(report.failure().is_none() && report.held.is_empty(), "{report:?}");
    let steps = lab.steps();
    let order = ["held", "triggered", "restored", "released"];
    assert_eq!(steps.iter().map(|step| step.split(' ').next().unwrap()).collect::<Vec<_>>(), order, "{steps:#?}");
    let after = lab.get(&SOURCES, "app");
    assert_eq!((&after["spec"], &after["metadata"]["labels"]), (&source["spec"], &source["metadata"]["labels"]));
    let destination = lab.get(&DESTINATIONS, "app-dst");
    assert!(destination["spec"]["trigger"]["manual"].as_str().unwrap().starts_with("fluxlift-"));
    assert_eq!(destination["spec"]["kopia"], spec["kopia"]);
    assert!(!destination["metadata"].to_string().contains("fluxlift.dev"), "{destination:#}");
    assert!(!lab.has_canaries());
    lab.claim("app");
    lab.pass(10).await;
    assert_eq!(lab.content("app"), Some(4096));
    assert_eq!(lab.plan().await.rows()[0].action, "nothing");
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_waits_for_the_image_of_a_bring_up_is_proven_to_be_filled_from_it() {
    let lab = Lab::new().await;
    lab.with(|world| world.volsync.back_up(S3, "app@default", 4096));
    lab.app("app", "app");
    lab.claim("app");
    // The image is named and not ready yet.
    lab.pass(34).await;
    assert_eq!((lab.plan().await.rows()[0].action, lab.content("app")), ("adopt", None));
    let report = lab.restore().await.unwrap();
    assert!(report.failure().is_none(), "{report:?}");
    assert_eq!(lab.content("app"), Some(4096));
    assert_eq!(lab.get(&DESTINATIONS, "app-dst")["spec"]["trigger"]["manual"], "restore-once");
    assert!(!lab.is_held("app"));
    lab.pass(600).await;
    assert_eq!(lab.with(|world| world.volsync.newest(S3, "app@default")), Some(4096), "the backups go on");
}

#[tokio::test(start_paused = true)]
async fn what_is_restored_needs_nothing_and_nothing_is_written() {
    let lab = Lab::new().await;
    lab.with(|world| world.volsync.back_up(S3, "app@default", 4096));
    lab.app("app", "app");
    lab.claim("app");
    lab.pass(60).await;
    let report = lab.restore().await.unwrap();
    assert_eq!((report.outcomes[0].action, report.failure()), ("nothing", None));
    assert_eq!(lab.steps(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn no_more_than_the_limit_read_from_one_repository_at_a_time() {
    let lab = Lab::new().await;
    for name in ["a", "b", "c", "d"] {
        lab.app(name, name);
    }
    lab.pass(60).await;
    for name in ["a", "b", "c", "d"] {
        lab.with(|world| world.volsync.back_up(S3, &format!("{name}@default"), 1));
    }
    let report = lab.restore().await.unwrap();
    assert!(report.failure().is_none(), "{report:?}");
    let (mut running, mut most) = (0_usize, 0);
    for step in lab.steps() {
        if step.starts_with("triggered") {
            running += 1;
        } else if step.starts_with("restored") {
            running -= 1;
        }
        most = most.max(running);
    }
    assert_eq!(most, 2);
}

#[tokio::test(start_paused = true)]
async fn an_object_that_flux_delivers_is_kept_from_it_meanwhile() {
    let lab = Lab::new().await;
    lab.emptied("app").await;
    let guard = "kustomize.toolkit.fluxcd.io/reconcile";
    for gr in [&DESTINATIONS, &SOURCES] {
        let name = if *gr == SOURCES { "app" } else { "app-dst" };
        lab.change(gr, name, |object| object["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/name"] = "apps".into());
    }
    let round = lab.restore();
    let watch = async {
        lab.pass(20).await;
        (lab.get(&DESTINATIONS, "app-dst"), lab.get(&SOURCES, "app"))
    };
    let (report, (destination, source)) = tokio::join!(round, watch);
    assert!(report.unwrap().failure().is_none());
    for during in [destination, source] {
        assert_eq!(during["metadata"]["annotations"][guard], "disabled");
    }
    for after in [lab.get(&DESTINATIONS, "app-dst"), lab.get(&SOURCES, "app")] {
        assert!(after["metadata"]["annotations"][guard].is_null(), "{after:#}");
    }
}
