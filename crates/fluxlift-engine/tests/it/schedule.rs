//! Order, bounds, early exits.

use std::time::Duration;

use fluxlift_core::{ChangeKind, Deadline, ErrorKind, UnitResult};
use fluxlift_engine::{Command, RunOptions, RunReport};

use crate::fake::{Fake, Script, unit};

fn words(report: &RunReport) -> Vec<String> {
    report.units.iter().map(|u| format!("{} {}", u.path, u.result.word())).collect()
}

fn diamond() -> Fake {
    Fake::tree([
        ("a", Script::default()),
        ("b", Script { needs: vec!["a"], ..Script::default() }),
        ("c", Script { needs: vec!["a"], ..Script::default() }),
        ("d", Script { needs: vec!["b", "c"], ..Script::default() }),
        ("x", Script::default()),
    ])
}

#[tokio::test(start_paused = true)]
async fn independent_units_run_at_the_same_time_and_dependents_after_them() {
    let (fake, home) = (diamond(), tempfile::tempdir().unwrap());
    let report = fake.engine(home.path()).run(Command::Apply, RunOptions::default(), None).await.unwrap();
    assert!(report.succeeded());
    assert_eq!(fake.lines(), ["apply a", "apply x", "apply b", "apply c", "apply d"]);
    assert_eq!(report.took(), Duration::from_secs(30));
    assert_eq!(fake.trace.lock().unwrap().most, 2);
}

#[tokio::test(start_paused = true)]
async fn never_more_units_run_than_parallelism_allows() {
    let names = ["a", "b", "c", "d", "e", "f"];
    let (fake, home) = (Fake::tree(names.map(|n| (n, Script::default()))), tempfile::tempdir().unwrap());
    let options = RunOptions { parallelism: 2, ..RunOptions::default() };
    let report = fake.engine(home.path()).run(Command::Apply, options, None).await.unwrap();
    assert_eq!(fake.trace.lock().unwrap().most, 2);
    assert_eq!(report.took(), Duration::from_secs(30));
}

#[tokio::test(start_paused = true)]
async fn a_failure_early_exits_descendants_and_leaves_other_branches_alone() {
    let (mut fake, home) = (diamond(), tempfile::tempdir().unwrap());
    fake.script("b").fails = Some("the disk is full");
    let report = fake.engine(home.path()).run(Command::Apply, RunOptions::default(), None).await.unwrap();
    assert_eq!(words(&report), ["a succeeded", "x succeeded", "b failed", "c succeeded", "d early exit"]);
    assert_eq!(report.units[4].result, UnitResult::EarlyExit { cause: unit("b") });
    assert_eq!(report.failure(), Some(ErrorKind::Failed));
}

#[tokio::test(start_paused = true)]
async fn with_fail_fast_nothing_starts_after_a_failure() {
    let (mut fake, home) = (
        Fake::tree([
            ("a", Script { takes: Duration::from_secs(1), fails: Some("no"), ..Script::default() }),
            ("b", Script::default()),
            ("c", Script { needs: vec!["b"], ..Script::default() }),
        ]),
        tempfile::tempdir().unwrap(),
    );
    let options = RunOptions { fail_fast: true, ..RunOptions::default() };
    let report = fake.engine(home.path()).run(Command::Apply, options, None).await.unwrap();
    assert_eq!(words(&report), ["a failed", "b succeeded", "c excluded"]);
    fake.script("a").fails = None;
    let report = fake.engine(home.path()).resume().await.unwrap();
    assert_eq!(words(&report), ["a succeeded", "b succeeded", "c succeeded"]);
}

#[tokio::test(start_paused = true)]
async fn until_runs_a_unit_and_all_it_needs_and_nothing_else() {
    let (fake, home) = (diamond(), tempfile::tempdir().unwrap());
    let options = RunOptions { until: Some(unit("b")), ..RunOptions::default() };
    fake.engine(home.path()).run(Command::Apply, options, None).await.unwrap();
    assert_eq!(fake.lines(), ["apply a", "apply b"]);
}

#[tokio::test(start_paused = true)]
async fn only_runs_one_unit_over_the_outputs_in_the_state() {
    let (mut fake, home) = (diamond(), tempfile::tempdir().unwrap());
    let only = RunOptions { only: Some(unit("b")), ..RunOptions::default() };
    let report = fake.engine(home.path()).run(Command::Apply, only.clone(), None).await.unwrap();
    assert_eq!(words(&report), ["b failed"]);
    fake.engine(home.path()).run(Command::Apply, RunOptions::default(), None).await.unwrap();
    fake.trace.lock().unwrap().lines.clear();
    fake.script("b").input = "2";
    fake.script("c").input = "2";
    let report = fake.engine(home.path()).run(Command::Apply, only, None).await.unwrap();
    assert_eq!(words(&report), ["b succeeded"]);
    assert_eq!(fake.lines(), ["apply b"]);
}

#[tokio::test(start_paused = true)]
async fn destroy_goes_backwards_and_leaves_an_empty_state() {
    let (fake, home) = (diamond(), tempfile::tempdir().unwrap());
    let engine = fake.engine(home.path());
    engine.run(Command::Apply, RunOptions::default(), None).await.unwrap();
    fake.trace.lock().unwrap().lines.clear();
    let report = engine.run(Command::Destroy, RunOptions::default(), None).await.unwrap();
    assert!(report.succeeded());
    assert_eq!(fake.lines(), ["destroy d", "destroy x", "destroy b", "destroy c", "destroy a"]);
    assert!(engine.outputs().await.unwrap().is_empty());
    let again = engine.run(Command::Destroy, RunOptions::default(), None).await.unwrap();
    assert!(again.units.iter().all(|u| u.result == UnitResult::Excluded { reason: "it was never applied".into() }));
}

#[tokio::test(start_paused = true)]
async fn a_unit_that_must_be_kept_is_not_destroyed_and_neither_is_what_it_needs() {
    let (mut fake, home) = (Fake::chain(&["a", "b", "c"]), tempfile::tempdir().unwrap());
    fake.script("b").keep = true;
    let engine = fake.engine(home.path());
    engine.run(Command::Apply, RunOptions::default(), None).await.unwrap();
    let report = engine.run(Command::Destroy, RunOptions::default(), None).await.unwrap();
    assert_eq!(words(&report), ["c succeeded", "b failed", "a early exit"]);
}

#[tokio::test(start_paused = true)]
async fn a_second_apply_changes_nothing() {
    let (fake, home) = (diamond(), tempfile::tempdir().unwrap());
    let engine = fake.engine(home.path());
    engine.run(Command::Apply, RunOptions::default(), None).await.unwrap();
    let before = std::fs::read(home.path().join("state.json")).unwrap();
    let report = engine.run(Command::Apply, RunOptions::default(), None).await.unwrap();
    assert!(report.units.iter().all(|u| u.result == UnitResult::Succeeded { change: ChangeKind::None }));
    assert_eq!(fake.lines().len(), 5);
    assert_eq!(std::fs::read(home.path().join("state.json")).unwrap(), before);
}

#[tokio::test(start_paused = true)]
async fn a_unit_that_misses_its_deadline_fails_with_what_it_waited_for() {
    let (mut fake, home) = (Fake::chain(&["a", "b"]), tempfile::tempdir().unwrap());
    fake.script("a").waits_for_ever = true;
    let options = RunOptions { unit_deadline: Deadline::minutes(5), ..RunOptions::default() };
    let report = fake.engine(home.path()).run(Command::Apply, options, None).await.unwrap();
    assert_eq!(words(&report), ["a failed", "b early exit"]);
    assert_eq!(report.took(), Duration::from_secs(300));
    assert_eq!(report.failure(), Some(ErrorKind::NotProven));
    let error = report.units[0].error.as_ref().unwrap();
    assert_eq!(error.to_string(), "the unit did not end within 5m00s");
    let cause = std::error::Error::source(&**error).unwrap().to_string();
    assert_eq!(cause, "waiting for time has passed was interrupted after 5m00s; the last verdict was: seconds=300");
    assert!(!report.interrupted);
}

#[tokio::test(start_paused = true)]
async fn an_unproven_gate_after_the_work_keeps_the_outputs_and_is_tried_again() {
    let (mut fake, home) = (Fake::chain(&["a"]), tempfile::tempdir().unwrap());
    fake.script("a").shortfall = Some("one application is broken");
    let report = fake.engine(home.path()).run(Command::Apply, RunOptions::default(), None).await.unwrap();
    assert_eq!(words(&report), ["a failed"]);
    assert_eq!(fake.engine(home.path()).outputs().await.unwrap().len(), 1);
    fake.script("a").shortfall = None;
    let plan = fake.engine(home.path()).plan(Command::Apply, &RunOptions::default()).await.unwrap();
    assert_eq!(plan.units[0].reasons, ["its last run was not proven: one application is broken"]);
    fake.engine(home.path()).resume().await.unwrap();
    let plan = fake.engine(home.path()).plan(Command::Apply, &RunOptions::default()).await.unwrap();
    assert!(!plan.has_changes());
}

#[tokio::test(start_paused = true)]
async fn an_excluded_unit_does_not_stop_what_needs_it() {
    let (mut fake, home) = (Fake::chain(&["a", "b"]), tempfile::tempdir().unwrap());
    fake.engine(home.path()).run(Command::Apply, RunOptions::default(), None).await.unwrap();
    fake.script("a").excluded = Some("skip = true");
    fake.script("b").input = "2";
    let report = fake.engine(home.path()).run(Command::Apply, RunOptions::default(), None).await.unwrap();
    assert_eq!(words(&report), ["b succeeded", "a excluded"]);
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_journal() {
    let mut journals = Vec::new();
    for _ in 0..2 {
        let (fake, home) = (diamond(), tempfile::tempdir().unwrap());
        fake.engine(home.path()).run(Command::Apply, RunOptions::default(), None).await.unwrap();
        journals.push(std::fs::read_to_string(home.path().join("journal/00000001.jsonl")).unwrap());
    }
    assert!(journals[0].lines().count() > 15);
    // The clock of the second run starts anew, so that even the times are the same.
    assert_eq!(journals[0], journals[1]);
}

#[tokio::test(start_paused = true)]
async fn the_report_is_one_json_document_with_times_from_the_start() {
    let (mut fake, home) = (Fake::chain(&["a", "b"]), tempfile::tempdir().unwrap());
    fake.script("b").fails = Some("the disk is full");
    let report = fake.engine(home.path()).run(Command::Apply, RunOptions::default(), None).await.unwrap();
    insta::assert_json_snapshot!(report.to_json());
}
