//! One writer at a time.

use std::time::Duration;

use fluxlift_core::{ErrorKind, Explain};
use fluxlift_engine::lock::{Holder, Lock, LockError, Owner, inspect, unlock};
use fluxlift_engine::{Command, Home, RunError, RunOptions};
use fluxlift_gate::observe::pace;

use crate::fake::{Fake, Script, owner, unit};

#[test]
fn a_held_lock_names_its_owner() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path());
    let _first = Lock::acquire(&home, owner(), 0).unwrap();
    let error = Lock::acquire(&home, Owner { pid: 43, ..owner() }, 0).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the state is locked by ada@station (pid 42) running run-all apply since 1970-01-01T00:00:00Z"
    );
    assert_eq!(error.kind(), ErrorKind::LockHeld);
}

#[test]
fn a_lock_that_is_given_back_is_free_and_the_epoch_grows() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path());
    for epoch in 1..4 {
        let taken = Lock::acquire(&home, owner(), 0).unwrap();
        assert_eq!((taken.lock.epoch(), taken.left_behind), (epoch, None));
    }
    assert_eq!(Lock::acquire(&home, owner(), 9).unwrap().lock.epoch(), 10);
}

#[test]
fn a_folder_keeps_the_name_that_its_first_owner_gave_it_and_shares_it_with_no_other() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [home, other] = folders.each_ref().map(|folder| Home::at(folder.path()));
    let named = |home: &Home, pid: u32| {
        let taken = Lock::acquire(home, Owner { pid, ..owner() }, 0).unwrap();
        (taken.lock.claimant().folder.clone(), taken.lock.claimant().owner.pid)
    };
    let (name, pid) = named(&home, 42);
    assert_eq!((name.len(), pid), (32, 42));
    assert_eq!(named(&home, 43), (name.clone(), 43));
    unlock(&home).unwrap();
    assert_eq!(named(&home, 44).0, name);
    assert_ne!(named(&other, 42).0, name);
    // A copy has its own lock: it must not pass for the one that it was copied from.
    let copied = tempfile::tempdir().unwrap();
    let copy = Home::at(copied.path());
    std::fs::copy(home.owner(), copy.owner()).unwrap();
    assert_ne!(named(&copy, 42).0, name);
}

/// The record of a process that was killed: the operating system has freed its lock.
fn leave_behind(home: &Home, owner: Owner) {
    let holder = Holder { epoch: 5, folder: String::new(), owner: Some(owner) };
    std::fs::write(home.owner(), serde_json::to_vec(&holder).unwrap()).unwrap();
}

#[test]
fn a_lock_left_by_a_killed_process_is_taken_over_and_said_so() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path());
    leave_behind(&home, owner());
    let taken = Lock::acquire(&home, Owner { pid: 43, ..owner() }, 0).unwrap();
    assert_eq!((taken.lock.epoch(), taken.left_behind), (6, Some(owner())));
}

#[test]
fn a_lock_left_by_another_machine_is_respected_until_somebody_unlocks_it() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path());
    let other = Owner { host: "laptop".into(), ..owner() };
    leave_behind(&home, other.clone());
    let error = Lock::acquire(&home, owner(), 0).unwrap_err();
    assert!(matches!(error, LockError::Held { elsewhere: true, .. }), "{error}");
    assert_eq!(unlock(&home).unwrap(), Some(other));
    assert!(Lock::acquire(&home, owner(), 0).is_ok());
}

#[test]
fn a_run_that_was_unlocked_is_fenced_off_and_leaves_the_new_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path());
    let old = Lock::acquire(&home, owner(), 0).unwrap().lock;
    assert!(old.fence().check().is_ok());
    unlock(&home).unwrap();
    let new = Lock::acquire(&home, Owner { pid: 43, ..owner() }, 0).unwrap().lock;
    assert!(matches!(old.fence().check(), Err(LockError::Fenced { ours: 1, theirs: 3 })));
    drop(old);
    assert_eq!(inspect(&home).unwrap().owner.map(|o| o.pid), Some(43));
    assert!(new.fence().check().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_fenced_off_in_the_middle_fails_with_the_reason_and_begins_nothing_more() {
    let (mut fake, folder) = (Fake::chain(&["a", "b"]), tempfile::tempdir().unwrap());
    fake.scripts.insert(unit("x"), Script { takes: Duration::from_secs(20), acts: vec!["thing"], ..Script::default() });
    let engine = fake.engine(folder.path());
    let steal = async {
        pace(Duration::from_secs(5)).await;
        unlock(&engine.home).unwrap();
    };
    let one_by_one = RunOptions { parallelism: 1, ..RunOptions::default() };
    let (report, ()) = tokio::join!(engine.run(Command::Apply, one_by_one, None), steal);
    let report = report.unwrap();
    let words: Vec<_> = report.units.iter().map(|u| format!("{} {}", u.path, u.result.word())).collect();
    assert_eq!(words, ["a failed", "x failed", "b early exit"]);
    let fenced = "this run was fenced off: it has epoch 1, the lock now has epoch 2";
    assert!(report.units[..2].iter().all(|u| u.error.as_ref().unwrap().to_string() == fenced), "{report:?}");
    assert_eq!(fake.lines(), ["apply a"]);
    assert_eq!(report.failure(), Some(ErrorKind::Failed));
    assert!(!folder.path().join("state.json").exists());
}

#[tokio::test(start_paused = true)]
async fn a_second_run_is_refused_but_outputs_and_plans_are_readable() {
    let (fake, folder) = (Fake::chain(&["a", "b"]), tempfile::tempdir().unwrap());
    let engine = fake.engine(folder.path());
    engine.run(Command::Apply, RunOptions::default(), None).await.unwrap();
    let _held = Lock::acquire(&engine.home, owner(), 0).unwrap();
    let error = engine.run(Command::Apply, RunOptions::default(), None).await.unwrap_err();
    assert!(matches!(&error, RunError::Lock(LockError::Held { .. })), "{error}");
    assert_eq!(error.kind().exit_code(), 4);
    assert_eq!(engine.outputs().await.unwrap().len(), 2);
    assert!(!engine.plan(Command::Apply, &RunOptions::default()).await.unwrap().has_changes());
}
