//! Two stages of stopping; both leave a run that can be resumed and no lock.

use std::sync::Arc;
use std::time::Duration;

use fluxlift_core::{ErrorKind, EventKind, UnitResult};
use fluxlift_engine::journal::{History, RunStatus};
use fluxlift_engine::lock::{Lock, inspect};
use fluxlift_engine::run::Stage;
use fluxlift_engine::{Command, EventSink, Home, RunOptions, Shutdown};
use fluxlift_gate::observe::pace;

use crate::fake::{Fake, owner, unit};

#[test]
fn the_first_request_stops_and_the_second_aborts() {
    let shutdown = Shutdown::new();
    assert_eq!(shutdown.request(), Stage::Stopping);
    assert_eq!(shutdown.request(), Stage::Aborting);
}

#[tokio::test(start_paused = true)]
async fn stopping_leaves_a_resumable_run_and_no_lock() {
    let (fake, home) = (Fake::chain(&["a", "b", "c"]), tempfile::tempdir().unwrap());
    let engine = fake.engine(home.path());
    let run = engine.run(Command::Apply, RunOptions { seed: 7, ..RunOptions::default() }, None);
    let stop = async {
        pace(Duration::from_secs(15)).await;
        engine.shutdown.request();
    };
    let (report, ()) = tokio::join!(run, stop);
    let report = report.unwrap();
    let results: Vec<_> = report.units.iter().map(|u| u.result.word()).collect();
    assert_eq!(results, ["succeeded", "cancelled", "cancelled"]);
    assert_eq!(report.failure(), Some(ErrorKind::Interrupted));
    assert_eq!(report.took(), Duration::from_secs(15));
    let last = "waiting for time has passed was interrupted after 5.0s; the last verdict was: seconds=5";
    assert_eq!(report.units[1].error.as_ref().unwrap().to_string(), last);
    let json = &report.to_json()["units"][1];
    assert_eq!((&json["result"], &json["error"]), (&"cancelled".into(), &last.into()));
    assert_eq!(json["hints"][0], "run `fluxlift resume` to go on from here");

    let home = Home::at(home.path());
    assert_eq!(inspect(&home).unwrap().owner, None);
    let history = History::resumable(&home).unwrap();
    assert_eq!(history.status(), RunStatus::Interrupted);
    assert_eq!(history.request().unwrap().1.seed, 7);

    let again = fake.engine(home.folder()).resume().await.unwrap();
    assert!(again.succeeded());
    assert_eq!(again.run, report.run);
    assert_eq!(fake.lines(), ["apply a", "apply b", "apply b", "apply c"]);
    assert!(History::resumable(&home).is_err());
}

#[tokio::test(start_paused = true)]
async fn aborting_drops_what_runs_and_keeps_its_last_verdict() {
    let (mut fake, home) = (Fake::chain(&["a", "b"]), tempfile::tempdir().unwrap());
    fake.script("a").waits_for_ever = true;
    let engine = fake.engine(home.path());
    let stop = async {
        pace(Duration::from_millis(7_500)).await;
        engine.shutdown.request();
        engine.shutdown.request();
    };
    let (report, ()) = tokio::join!(engine.run(Command::Apply, RunOptions::default(), None), stop);
    let report = report.unwrap();
    assert!(report.interrupted);
    let error = report.units[0].error.as_ref().unwrap().to_string();
    assert_eq!(error, "it was aborted while waiting for time has passed; the last verdict was: seconds=7");
    assert_eq!(report.to_json()["units"][0]["gates"][0]["why"], "seconds=7");
    let home = Home::at(home.path());
    let history = History::resumable(&home).unwrap();
    let (path, proof) = history.proofs().remove(0);
    assert_eq!((path, proof.verdict.to_string()), (unit("a"), "seconds=7".to_owned()));
    assert!(Lock::acquire(&home, owner(), 0).unwrap().left_behind.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_unit_that_ends_well_while_stopping_is_remembered() {
    let (fake, home) = (Fake::chain(&["a", "b"]), tempfile::tempdir().unwrap());
    let engine = fake.engine(home.path());
    engine.shutdown.request();
    let report = engine.run(Command::Apply, RunOptions::default(), None).await.unwrap();
    assert!(report.units.iter().all(|u| u.result == UnitResult::Cancelled));
    assert!(fake.lines().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_request_says_what_a_second_one_would_do() {
    let (fake, home) = (Fake::chain(&["a"]), tempfile::tempdir().unwrap());
    let mut engine = fake.engine(home.path());
    let shutdown = engine.shutdown.clone();
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let warnings = seen.clone();
    engine.events = EventSink::new(move |event| match event.kind {
        EventKind::GateOpened { .. } => drop(shutdown.request()),
        EventKind::Warning { message } => warnings.lock().unwrap().push(message),
        _ => {}
    });
    engine.run(Command::Apply, RunOptions::default(), None).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), ["stopping after the current acts; once more to abort"]);
}
