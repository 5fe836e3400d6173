//! Runs that were killed midway: the next one finds what they left, and goes on or lets go.

use std::sync::Arc;

use super::lab::{DESTINATIONS, Lab, SOURCES};

/// Restores, and is killed so many seconds after the trigger.
async fn killed(lab: &Arc<Lab>, seconds: u64) -> String {
    let run = tokio::spawn({
        let lab = Arc::clone(lab);
        async move { lab.restore().await.map(|_| ()) }
    });
    while !lab.steps().iter().any(|step| step.starts_with("triggered")) {
        lab.pass(1).await;
    }
    lab.pass(seconds).await;
    run.abort();
    let _ = run.await;
    lab.get(&DESTINATIONS, "app-dst")["spec"]["trigger"]["manual"].as_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_killed_while_volsync_worked_is_gone_on_with_by_the_same_tag() {
    for seconds in [5, 30] {
        let lab = Arc::new(Lab::new().await);
        lab.emptied("app").await;
        let tag = killed(&lab, seconds).await;
        assert!(lab.is_held("app"));
        let source = lab.get(&SOURCES, "app");
        let said = &source["metadata"]["annotations"]["fluxlift.dev/held-why"];
        assert_eq!(said, "the restore of default/app-dst is not proven yet");
        assert_eq!(lab.plan().await.rows()[0].action, "resume");
        let report = lab.restore().await.unwrap();
        assert!(report.failure().is_none() && report.held.is_empty(), "{report:?}");
        assert_eq!(lab.get(&DESTINATIONS, "app-dst")["spec"]["trigger"]["manual"].as_str(), Some(&*tag));
        assert!(!lab.is_held("app"));
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_killed_run_holds_can_be_let_go_without_a_restore() {
    let lab = Arc::new(Lab::new().await);
    lab.emptied("app").await;
    let before = lab.get(&SOURCES, "app")["spec"].clone();
    killed(&lab, 5).await;
    let released = lab.release().await;
    let released: Vec<&str> = released.iter().map(|target| target.name.as_str()).collect();
    assert_eq!(released, ["app-dst", "app"]);
    assert!(!lab.is_held("app"));
    assert_eq!(lab.get(&SOURCES, "app")["spec"], before);
    let destination = lab.get(&DESTINATIONS, "app-dst");
    assert!(!destination["metadata"].to_string().contains("fluxlift.dev"), "{destination:#}");
    assert!(lab.release().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_marks_of_a_killed_run_are_taken_off_where_nothing_is_to_be_restored_any_more() {
    let lab = Arc::new(Lab::new().await);
    lab.emptied("app").await;
    killed(&lab, 5).await;
    lab.change(&DESTINATIONS, "app-dst", |object| {
        object["metadata"]["annotations"]["fluxlift.dev/restore"] = "skip".into();
    });
    assert_eq!(lab.plan().await.rows()[0].action, "nothing");
    assert!(lab.restore().await.unwrap().failure().is_none());
    let destination = lab.get(&DESTINATIONS, "app-dst");
    assert!(destination["metadata"]["labels"]["fluxlift.dev/restoring"].is_null(), "{destination:#}");
    assert!(destination["metadata"]["annotations"]["fluxlift.dev/restore-tag"].is_null(), "{destination:#}");
    assert!(!lab.is_held("app"));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_interrupted_keeps_its_holds_and_says_how_to_go_on() {
    let lab = Lab::new().await;
    lab.emptied("app").await;
    let stop = async {
        while !lab.steps().iter().any(|step| step.starts_with("triggered")) {
            lab.pass(1).await;
        }
        lab.cx.cancel.cancel();
    };
    let (report, ()) = tokio::join!(lab.restore(), stop);
    let report = report.unwrap();
    assert_eq!(report.outcomes[0].word(), "interrupted");
    assert_eq!(report.held, ["replicationsource/default/app"]);
    assert!(lab.is_held("app"));
}
