//! A crash at any journal record, before and after it is on disk, is resumed without doing anything twice.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use fluxlift_core::ErrorKind;
use fluxlift_core::Explain;
use fluxlift_engine::journal::{Entry, History, JournalObserver};
use fluxlift_engine::plan::PlannedUnit;
use fluxlift_engine::{Command, Home, RunError, RunOptions};
use tempfile::TempDir;

use crate::fake::{Fake, Script, World, unit};

/// Copies the world and the home at every record.
struct Forks {
    fake: Fake,
    home: Home,
    taken: Mutex<Vec<Fork>>,
}

struct Fork {
    what: String,
    world: World,
    home: TempDir,
}

impl Forks {
    fn take(&self, what: String, torn: bool) {
        let copy = tempfile::tempdir().unwrap();
        copy_folder(self.home.folder(), copy.path());
        if torn {
            let run = History::runs(&Home::at(copy.path())).unwrap().pop().unwrap();
            let journal = Home::at(copy.path()).journal(run);
            let mut bytes = fs::read(&journal).unwrap();
            bytes.extend_from_slice(br#"{"sum":"0123"#);
            fs::write(journal, bytes).unwrap();
        }
        self.taken.lock().unwrap().push(Fork { what, world: self.fake.world(), home: copy });
    }
}

impl JournalObserver for Forks {
    fn before(&self, entry: &Entry) -> io::Result<()> {
        self.take(format!("before {} {:?}", entry.seq, entry.record), false);
        self.take(format!("in the middle of {} {:?}", entry.seq, entry.record), true);
        Ok(())
    }

    fn after(&self, entry: &Entry) {
        self.take(format!("after {} {:?}", entry.seq, entry.record), false);
    }
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn cluster() -> Fake {
    Fake::tree([
        ("compute", Script { acts: vec!["vm1", "vm2"], ..Script::default() }),
        ("secrets", Script { acts: vec!["bundle"], ..Script::default() }),
        ("bootstrap", Script { needs: vec!["compute", "secrets"], acts: vec!["etcd"], ..Script::default() }),
    ])
}

/// The tree, and every way in which an apply of it can end too early.
async fn crashes() -> (Fake, Vec<Fork>) {
    let (fake, home) = (cluster(), tempfile::tempdir().unwrap());
    let forks = Arc::new(Forks { fake: fake.clone(), home: Home::at(home.path()), taken: Mutex::default() });
    let mut engine = fake.engine(home.path());
    engine.observer = forks.clone();
    assert!(engine.run(Command::Apply, RunOptions::default(), None).await.unwrap().succeeded());
    let taken = std::mem::take(&mut *forks.taken.lock().unwrap());
    (fake, taken)
}

#[tokio::test(start_paused = true)]
async fn nothing_is_done_twice_whichever_record_the_crash_hits() {
    let (fake, taken) = crashes().await;
    assert!(taken.len() > 3 * 17, "{} forks", taken.len());
    for Fork { what, world, home } in taken {
        let fake = fake.over(world);
        let engine = fake.engine(home.path());
        let report = match engine.resume().await {
            Err(RunError::Journal(_)) => engine.run(Command::Apply, RunOptions::default(), None).await,
            other => other,
        };
        assert!(report.unwrap().succeeded(), "{what}");
        assert!(fake.world().things.values().all(|times| *times == 1), "{what}: {:?}", fake.world());
        assert_eq!(fake.world().things.len(), 4, "{what}");
        let plan = engine.plan(Command::Apply, &RunOptions::default()).await.unwrap();
        assert!(!plan.has_changes(), "{what}: {plan:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_apply_knows_what_a_crashed_run_meant_as_well() {
    let (fake, taken) = crashes().await;
    for Fork { what, world, home } in taken {
        let fake = fake.over(world);
        let report = fake.engine(home.path()).run(Command::Apply, RunOptions::default(), None).await.unwrap();
        assert!(report.succeeded(), "{what}");
        assert!(fake.world().things.values().all(|times| *times == 1), "{what}: {:?}", fake.world());
    }
}

#[tokio::test(start_paused = true)]
async fn a_destroy_takes_nothing_away_that_its_plan_has_not_named_whichever_record_the_crash_hit() {
    let (fake, taken) = crashes().await;
    let mut made_by_halves = 0;
    for Fork { what, world, home } in taken {
        let fake = fake.over(world);
        let (engine, before) = (fake.engine(home.path()), fake.world());
        let plan = engine.plan(Command::Destroy, &RunOptions::default()).await.unwrap();
        assert!(engine.run(Command::Destroy, RunOptions::default(), None).await.unwrap().succeeded(), "{what}");
        assert!(fake.world().things.is_empty(), "{what}: {:?}", fake.world());
        assert!(
            before.things.is_empty() || plan.has_changes(),
            "{what}: {before:?} is gone, and the plan was {plan:?}"
        );
        let halves = |unit: &&PlannedUnit| unit.reasons.iter().any(|why| why.contains("did not end well"));
        made_by_halves += plan.units.iter().filter(halves).count();
    }
    assert!(made_by_halves > 10, "{made_by_halves}");
}

#[tokio::test(start_paused = true)]
async fn destroying_and_applying_again_makes_everything_once_more() {
    let (fake, home) = (cluster(), tempfile::tempdir().unwrap());
    let engine = fake.engine(home.path());
    engine.run(Command::Apply, RunOptions::default(), None).await.unwrap();
    engine.run(Command::Destroy, RunOptions::default(), None).await.unwrap();
    assert!(fake.world().things.is_empty());
    engine.run(Command::Apply, RunOptions::default(), None).await.unwrap();
    assert_eq!(fake.world().things.len(), 4);
}

/// Refuses every record from the n-th on, as a full disk does.
struct FullAfter(u64);

impl JournalObserver for FullAfter {
    fn before(&self, entry: &Entry) -> io::Result<()> {
        if entry.seq > self.0 { Err(io::Error::from(io::ErrorKind::StorageFull)) } else { Ok(()) }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_that_cannot_be_repeated_is_done_without_a_record() {
    for full_after in 0..20 {
        let (fake, home) = (cluster(), tempfile::tempdir().unwrap());
        let mut engine = fake.engine(home.path());
        engine.observer = Arc::new(FullAfter(full_after));
        let outcome = engine.run(Command::Apply, RunOptions::default(), None).await;
        if let Err(error) = &outcome {
            assert!(matches!(error, RunError::JournalWrite { .. }), "{error}");
            assert_eq!(error.kind(), ErrorKind::Failed);
        }
        let recorded = History::last(&Home::at(home.path())).unwrap();
        let meant = recorded.map(|history| format!("{:?}", history.entries)).unwrap_or_default();
        for thing in fake.world().things.keys() {
            let target = thing.rsplit('/').next().unwrap();
            assert!(meant.contains(&format!("target: {target:?}")), "{thing} was made without a record");
        }
        let fake = fake.over(fake.world());
        let engine = fake.engine(home.path());
        if outcome.is_err() {
            engine.run(Command::Apply, RunOptions::default(), None).await.unwrap();
        }
        assert!(fake.world().things.values().all(|times| *times == 1));
        assert_eq!(fake.world().things.len(), 4);
    }
}

#[tokio::test(start_paused = true)]
async fn acts_are_known_from_whichever_folder_a_run_is_started() {
    let (mut fake, home) = (cluster(), tempfile::tempdir().unwrap());
    fake.prefix = "clusters/one";
    fake.script("compute").fails = Some("no");
    fake.engine(home.path()).run(Command::Apply, RunOptions::default(), None).await.unwrap();
    let history = History::last(&Home::at(home.path())).unwrap().unwrap();
    assert!(history.unsettled().iter().all(|act| act.unit == unit("clusters/one/compute")));
    assert_eq!(history.unsettled().len(), 2);
}
