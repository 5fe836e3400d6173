//! The state is either as it was or as it shall be.

use std::fs;

use fluxlift_core::UnitResult;
use fluxlift_engine::state::{Document, FolderStore, State, StateError, StoreError, Vault};
use fluxlift_engine::{Command, Home, RunOptions};

use crate::fake::{Fake, unit};

#[tokio::test(start_paused = true)]
async fn a_state_that_cannot_be_written_fails_the_unit_and_is_as_it_was() {
    let (mut fake, folder) = (Fake::chain(&["a"]), tempfile::tempdir().unwrap());
    fake.engine(folder.path()).run(Command::Apply, RunOptions::default(), None).await.unwrap();
    let before = fs::read(folder.path().join("state.json")).unwrap();
    // A folder where the temporary file should go.
    fs::create_dir(folder.path().join("state.json.new")).unwrap();
    fake.script("a").input = "2";
    let report = fake.engine(folder.path()).run(Command::Apply, RunOptions::default(), None).await.unwrap();
    assert!(matches!(&report.units[0].result, UnitResult::Failed { error } if error.starts_with("could not write")));
    assert_eq!(fs::read(folder.path().join("state.json")).unwrap(), before);
    fs::remove_dir(folder.path().join("state.json.new")).unwrap();
    assert!(fake.engine(folder.path()).resume().await.unwrap().succeeded());
}

#[tokio::test(start_paused = true)]
async fn the_state_before_lies_beside_it() {
    let (fake, folder) = (Fake::chain(&["a", "b"]), tempfile::tempdir().unwrap());
    fake.engine(folder.path()).run(Command::Apply, RunOptions::default(), None).await.unwrap();
    let serial =
        |name: &str| Document::parse(&fs::read_to_string(folder.path().join(name)).unwrap(), name).unwrap().serial;
    assert_eq!((serial("state.json"), serial("state.json.backup")), (2, 1));
}

#[tokio::test]
async fn two_writers_cannot_overwrite_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let store = FolderStore::new(Home::at(folder.path()));
    let mut one = State::new("lineage");
    one.save(&store, &Vault::empty(), 1).await.unwrap();
    let mut two = State::load(&store, &Vault::empty()).await.unwrap().unwrap();
    one.save(&store, &Vault::empty(), 1).await.unwrap();
    let error = two.save(&store, &Vault::empty(), 2).await.unwrap_err();
    assert!(matches!(&error, StateError::Store(StoreError::Conflict { .. })), "{error}");
    assert_eq!(two.serial, 1);
}

#[tokio::test]
async fn a_state_of_another_tree_is_not_overwritten_by_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = FolderStore::new(Home::at(folder.path()));
    State::new("one").save(&store, &Vault::empty(), 1).await.unwrap();
    assert!(State::new("two").save(&store, &Vault::empty(), 1).await.is_err());
}

#[tokio::test]
async fn a_state_from_the_future_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path());
    fs::write(home.state(), r#"{"version": 9, "unheard": "of"}"#).unwrap();
    let error = State::load(&FolderStore::new(home), &Vault::empty()).await.unwrap_err();
    assert!(matches!(error, StateError::Version { version: 9, .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn units_are_kept_by_their_key_so_that_the_working_folder_does_not_matter() {
    let (mut fake, folder) = (Fake::chain(&["a"]), tempfile::tempdir().unwrap());
    fake.prefix = "clusters/one";
    fake.engine(folder.path()).run(Command::Apply, RunOptions::default(), None).await.unwrap();
    let store = FolderStore::new(Home::at(folder.path()));
    let state = State::load(&store, &Vault::empty()).await.unwrap().unwrap();
    assert_eq!(state.units.keys().collect::<Vec<_>>(), [&unit("clusters/one/a")]);
}

#[tokio::test(start_paused = true)]
async fn a_forgotten_unit_is_gone_from_the_state_and_stays_in_its_backup() {
    let (fake, folder) = (Fake::chain(&["a", "b"]), tempfile::tempdir().unwrap());
    let engine = fake.engine(folder.path());
    engine.run(Command::Apply, RunOptions::default(), None).await.unwrap();
    let forgotten = engine.forget(&unit("b")).await.unwrap();
    assert!(!forgotten.module.is_empty());
    let read = |name: &str| {
        let text = std::fs::read_to_string(folder.path().join(name)).unwrap();
        fluxlift_engine::state::Document::parse(&text, name).unwrap()
    };
    let (now, before) = (read("state.json"), read("state.json.backup"));
    assert_eq!(now.units.keys().collect::<Vec<_>>(), [&unit("a")]);
    assert_eq!(before.units.keys().collect::<Vec<_>>(), [&unit("a"), &unit("b")]);
    assert_eq!((now.serial, now.lineage), (before.serial + 1, before.lineage));
    let error = engine.forget(&unit("b")).await.unwrap_err();
    assert!(error.to_string().ends_with("has no unit b"), "{error}");
    assert_eq!(fluxlift_engine::lock::inspect(&engine.home).unwrap().owner, None);
    // What it made is still there: applying it again makes it a second time or finds it, as the unit decides.
    assert!(engine.run(Command::Apply, RunOptions::default(), None).await.unwrap().succeeded());
}
