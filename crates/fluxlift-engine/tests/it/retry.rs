//! Work that is tried again after errors that the tree's owner knows to pass.

use std::time::Duration;

use fluxlift_core::ErrorKind;
use fluxlift_engine::run::Retry;
use fluxlift_engine::{Command, RunOptions};
use fluxlift_gate::observe::pace;
use regex::Regex;

use crate::fake::Fake;

/// A unit that fails `stumbles` times, and is tried three times in all after errors like `error`.
fn stumbling(stumbles: u32, error: &str) -> Fake {
    let mut fake = Fake::chain(&["a"]);
    let pause = Duration::from_secs(30);
    let retry = Retry { name: "flaky".into(), errors: vec![Regex::new(error).unwrap()], attempts: 3, pause };
    (fake.script("a").stumbles, fake.script("a").retries) = (stumbles, vec![retry]);
    fake
}

#[tokio::test(start_paused = true)]
async fn an_error_that_passes_is_tried_again_after_a_pause() {
    let (fake, home) = (stumbling(2, "handshake timeout"), tempfile::tempdir().unwrap());
    let report = fake.engine(home.path()).run(Command::Apply, RunOptions::default(), None).await.unwrap();
    assert!(report.succeeded(), "{report:?}");
    assert_eq!(fake.lines().len(), 3);
    assert_eq!(report.took(), Duration::from_secs(3 * 10 + 2 * 30));
}

#[tokio::test(start_paused = true)]
async fn an_error_that_stays_fails_after_the_last_attempt_and_any_other_at_once() {
    for (error, attempts) in [("timeout", 3), ("disk full", 1)] {
        let (fake, home) = (stumbling(9, error), tempfile::tempdir().unwrap());
        let report = fake.engine(home.path()).run(Command::Apply, RunOptions::default(), None).await.unwrap();
        assert_eq!(report.units[0].error.as_ref().unwrap().chain(), "a request failed: TLS handshake timeout");
        assert_eq!(fake.lines().len(), attempts);
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_to_stop_ends_the_pause_and_is_no_reason_to_try_again() {
    let (fake, home) = (stumbling(9, "."), tempfile::tempdir().unwrap());
    let engine = fake.engine(home.path());
    let stop = async {
        pace(Duration::from_secs(15)).await;
        engine.shutdown.request();
    };
    let (report, ()) = tokio::join!(engine.run(Command::Apply, RunOptions::default(), None), stop);
    let report = report.unwrap();
    assert_eq!((report.took(), fake.lines().len()), (Duration::from_secs(15), 1));

    let engine = fake.engine(home.path());
    let stop = async {
        pace(Duration::from_secs(5)).await;
        engine.shutdown.request();
    };
    let (report, ()) = tokio::join!(engine.run(Command::Apply, RunOptions::default(), None), stop);
    let report = report.unwrap();
    assert_eq!(report.failure(), Some(ErrorKind::Interrupted));
    assert_eq!(fake.lines().len(), 2);
}
