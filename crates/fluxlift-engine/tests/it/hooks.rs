//! The user's commands around a unit's work, as real child processes.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fluxlift_core::{EventKind, Secret, UnitResult};
use fluxlift_engine::hooks::{Hook, Moment};
use fluxlift_engine::{Command, EventSink, RunOptions, RunReport};
use fluxlift_gate::observe::pace;

use crate::fake::Fake;

fn hook(moment: Moment, script: &str) -> Hook {
    Hook {
        name: format!("{moment:?}").to_lowercase(),
        moment,
        execute: ["/bin/sh", "-c", script].map(|word| Secret::new(word.to_owned())).to_vec(),
        dir: "/".into(),
        env: [("GREETING".to_owned(), Secret::new("hello".to_owned()))].into(),
        also_after_failure: false,
        for_errors: vec![],
        silent: false,
        known: true,
    }
}

/// Applies one unit with `hooks` in `home`, and gives the report and what the hooks printed.
async fn apply(home: &Path, fails: Option<&'static str>, hooks: Vec<Hook>) -> (RunReport, Vec<String>) {
    let mut fake = Fake::chain(&["a"]);
    fake.script("a").hooks = hooks;
    fake.script("a").fails = fails;
    let mut engine = fake.engine(home);
    let lines = Arc::new(Mutex::new(Vec::new()));
    let heard = lines.clone();
    engine.events = EventSink::new(move |event| {
        if let EventKind::HookLine { hook, line } = event.kind {
            heard.lock().unwrap().push(format!("{hook}: {line}"));
        }
    });
    let report = engine.run(Command::Apply, RunOptions::default(), None).await.unwrap();
    let lines = lines.lock().unwrap().clone();
    (report, lines)
}

#[tokio::test(start_paused = true)]
async fn hooks_run_around_the_work_with_their_own_environment_only() {
    let home = tempfile::tempdir().unwrap();
    let before = hook(Moment::Before, "echo $GREETING; echo ${HOME:-no home} >&2; pwd");
    let (report, lines) = apply(home.path(), None, vec![hook(Moment::After, "echo done"), before]).await;
    assert!(report.succeeded());
    assert_eq!(lines, ["before: hello", "before: no home", "before: /", "after: done"]);
}

#[tokio::test(start_paused = true)]
async fn a_hook_whose_arguments_are_not_known_is_not_run_with_something_else_in_their_place() {
    let home = tempfile::tempdir().unwrap();
    let unknown = Hook { known: false, ..hook(Moment::Before, "echo ran") };
    let (report, lines) = apply(home.path(), None, vec![unknown]).await;
    let expected = "hook before can't run: one of its arguments is not known yet";
    assert_eq!(report.units[0].result, UnitResult::Failed { error: expected.into() });
    assert!(lines.is_empty(), "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn a_failing_before_hook_keeps_the_unit_from_working() {
    let home = tempfile::tempdir().unwrap();
    let (report, _) = apply(home.path(), None, vec![hook(Moment::Before, "exit 3")]).await;
    let expected = "hook before failed: exit status: 3";
    assert_eq!(report.units[0].result, UnitResult::Failed { error: expected.into() });
    assert!(!home.path().join("state.json").exists());
}

#[tokio::test(start_paused = true)]
async fn a_failing_after_hook_fails_the_unit_and_keeps_what_it_made() {
    let home = tempfile::tempdir().unwrap();
    let (report, _) = apply(home.path(), None, vec![hook(Moment::After, "exit 1")]).await;
    assert!(!report.succeeded());
    assert_eq!(Fake::chain(&["a"]).engine(home.path()).outputs().await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn after_a_failure_only_the_hooks_that_are_meant_for_it_run() {
    let home = tempfile::tempdir().unwrap();
    let hooks = vec![
        hook(Moment::After, "echo not this one"),
        Hook { also_after_failure: true, ..hook(Moment::After, "echo this one") },
        hook(Moment::Error, "echo any error"),
        Hook { for_errors: vec![regex::Regex::new("disk.*full").unwrap()], ..hook(Moment::Error, "echo full") },
        Hook { for_errors: vec![regex::Regex::new("timeout").unwrap()], ..hook(Moment::Error, "echo late") },
    ];
    let (_, lines) = apply(home.path(), Some("the disk is full"), hooks).await;
    assert_eq!(lines, ["after: this one", "error: any error", "error: full"]);
}

#[tokio::test(start_paused = true)]
async fn a_hook_may_stay_silent_and_need_not_exist() {
    let home = tempfile::tempdir().unwrap();
    let silent = Hook { silent: true, ..hook(Moment::Before, "echo hunter2") };
    let missing = Hook { execute: vec![Secret::new("/no/such/program".to_owned())], ..hook(Moment::After, "") };
    let (report, lines) = apply(home.path(), None, vec![silent, missing]).await;
    assert!(lines.is_empty());
    assert_eq!(report.units[0].error.as_ref().unwrap().to_string(), "hook after could not start /no/such/program");
}

#[tokio::test]
async fn an_aborted_run_kills_the_whole_group_of_its_hook() {
    let home = tempfile::tempdir().unwrap();
    let alive = home.path().join("alive");
    let mut fake = Fake::chain(&["a"]);
    // The grandchild would keep the pipe open for ever.
    fake.script("a").hooks =
        vec![hook(Moment::Before, &format!("while :; do :; done & echo $! > {}; wait", alive.display()))];
    let engine = fake.engine(home.path());
    let stop = async {
        while std::fs::read_to_string(&alive).unwrap_or_default().is_empty() {
            pace(Duration::from_millis(5)).await;
        }
        engine.shutdown.request();
        engine.shutdown.request();
    };
    let (report, ()) = tokio::join!(engine.run(Command::Apply, RunOptions::default(), None), stop);
    assert!(report.unwrap().interrupted);
    let pid = std::fs::read_to_string(&alive).unwrap();
    let gone = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
        stat.is_empty() || stat.contains(") Z ")
    };
    while !gone() {
        pace(Duration::from_millis(5)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_unit_with_hooks_is_not_looked_at_before_its_turn() {
    let (mut fake, home) = (Fake::chain(&["a", "b"]), tempfile::tempdir().unwrap());
    fake.engine(home.path()).run(Command::Apply, RunOptions::default(), None).await.unwrap();
    fake.script("a").looks = Duration::from_secs(10);
    fake.script("b").hooks = vec![hook(Moment::Before, "echo here")];
    let mut engine = fake.engine(home.path());
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = told.clone();
    engine.events = EventSink::new(move |event| match (event.unit, event.kind) {
        (Some(unit), EventKind::Planned { .. }) => heard.lock().unwrap().push(format!("planned {unit}")),
        (Some(unit), EventKind::HookLine { .. }) => heard.lock().unwrap().push(format!("hook of {unit}")),
        _ => {}
    });
    engine.plan(Command::Apply, &RunOptions::default()).await.unwrap();
    assert_eq!(*told.lock().unwrap(), ["planned a", "hook of b", "planned b"]);
}
