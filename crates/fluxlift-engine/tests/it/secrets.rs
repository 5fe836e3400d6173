//! Secrets are sealed or refused, never in clear.

use std::fs;
use std::path::Path;

use age::secrecy::ExposeSecret;
use fluxlift_core::{Explain, Secret, UnitResult, Value};
use fluxlift_engine::state::{FolderStore, State, StateError, Vault, VaultError};
use fluxlift_engine::{Command, Home, RunError, RunOptions};

use crate::fake::{Fake, Script, unit};

const SEEDED: &str = "hunter2-the-seeded-secret";

fn tree() -> Fake {
    Fake::tree([
        ("a", Script { secret: Some(SEEDED), acts: vec!["bundle"], ..Script::default() }),
        ("b", Script { needs: vec!["a"], fails: Some("no"), ..Script::default() }),
    ])
}

/// A fresh key pair: the vault that has it, and the text of the key.
fn vault() -> (Vault, Secret<String>) {
    let key = age::x25519::Identity::generate();
    let text = Secret::new(format!("# a test key\n{}\n", key.to_string().expose_secret()));
    let vault = Vault::empty().with_recipient(&key.to_public().to_string()).unwrap();
    (vault.with_keys("key.txt", &text).unwrap(), text)
}

fn every_file(folder: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            texts.extend(every_file(&entry.path()));
        } else {
            texts.push(String::from_utf8(fs::read(entry.path()).unwrap()).unwrap());
        }
    }
    texts
}

#[tokio::test(start_paused = true)]
async fn no_file_of_a_run_holds_a_secret_in_clear() {
    let (fake, home) = (tree(), tempfile::tempdir().unwrap());
    let mut engine = fake.engine(home.path());
    engine.vault = vault().0;
    engine.run(Command::Apply, RunOptions::default(), None).await.unwrap();
    let texts = every_file(home.path());
    assert!(texts.len() >= 4, "{} files", texts.len());
    assert!(texts.iter().all(|text| !text.contains(SEEDED) && !text.contains("hunter2")));
    let outputs = engine.outputs().await.unwrap();
    let token = outputs[&unit("a")]["secret"].get("token").unwrap();
    assert_eq!(*token, Value::from(SEEDED).sensitive());
}

#[tokio::test(start_paused = true)]
async fn a_unit_that_keeps_secrets_is_refused_before_it_does_anything_when_they_cannot_be_sealed() {
    let (fake, home) = (tree(), tempfile::tempdir().unwrap());
    let engine = fake.engine(home.path());
    let report = engine.run(Command::Apply, RunOptions::default(), None).await.unwrap();
    assert!(matches!(&report.units[0].result, UnitResult::Failed { error } if error.contains("no recipient")));
    assert!(report.units[0].error.as_ref().unwrap().hints()[0].to_string().contains("recipients"));
    assert!(fake.world().things.is_empty());
    assert!(!home.path().join("state.json").exists());
}

#[tokio::test(start_paused = true)]
async fn a_wrong_key_is_said_clearly_and_nothing_is_written() {
    let (fake, home) = (tree(), tempfile::tempdir().unwrap());
    let mut engine = fake.engine(home.path());
    engine.vault = vault().0;
    engine.run(Command::Apply, RunOptions::default(), None).await.unwrap();
    let before = every_file(&home.path().join("journal"));
    let state = fs::read(home.path().join("state.json")).unwrap();
    engine.vault = vault().0;
    let error = engine.run(Command::Apply, RunOptions::default(), None).await.unwrap_err();
    assert!(matches!(&error, RunError::State(StateError::Sealed { source: VaultError::WrongKey, .. })), "{error}");
    assert_eq!(error.to_string(), "could not open the secrets of a in the state");
    assert!(error.hints()[0].to_string().contains("SOPS_AGE_KEY_FILE"));
    engine.vault = Vault::empty();
    let error = engine.resume().await.unwrap_err();
    assert!(matches!(&error, RunError::State(StateError::Sealed { source: VaultError::NoKey, .. })), "{error}");
    assert_eq!(every_file(&home.path().join("journal")), before);
    assert_eq!(fs::read(home.path().join("state.json")).unwrap(), state);
}

#[tokio::test]
async fn an_envelope_is_made_anew_only_when_its_secrets_or_recipients_change() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path());
    let store = FolderStore::new(home.clone());
    let (first, key) = vault();
    let mut state = State::new("lineage");
    let outputs = [("t".to_owned(), Value::from(SEEDED).sensitive())].into();
    let prior = fluxlift_engine::unit::Prior { outputs, identity: serde_json::Value::Null };
    state.units.insert(unit("a"), fluxlift_engine::state::UnitState::new("m", None, prior));
    state.save(&store, &first, 1).await.unwrap();
    let envelope = || fs::read_to_string(home.state()).unwrap().split("BEGIN AGE").nth(1).map(str::to_owned);
    let sealed = envelope();
    assert!(sealed.is_some());

    let mut state = State::load(&store, &first).await.unwrap().unwrap();
    state.save(&store, &first, 2).await.unwrap();
    assert_eq!(envelope(), sealed);

    let (second, _) = vault();
    let both = second.clone().with_recipient(&first.recipients()[0]).unwrap().with_keys("key.txt", &key).unwrap();
    let mut state = State::load(&store, &both).await.unwrap().unwrap();
    state.save(&store, &both, 3).await.unwrap();
    assert_ne!(envelope(), sealed);
    assert!(State::load(&store, &second).await.is_ok());
}

#[test]
fn a_text_without_a_key_is_refused_without_repeating_it() {
    let error = Vault::empty().with_keys("key.txt", &Secret::new("AGE-SECRET-KEY-1HUNTER2".to_owned())).unwrap_err();
    assert_eq!(error.to_string(), "key.txt holds no age key");
    assert!(Vault::empty().with_keys("empty.txt", &Secret::new("# nothing\n".to_owned())).is_err());
    assert!(!format!("{error:?}").contains("HUNTER2"));
}
