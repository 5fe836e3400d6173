//! A whole run of the seven real units over the simulated datacenter is killed at every journal record, before and after
//! it is on disk, and resumed in a copy of the world: once for each moment that differs from the one before. Each ends as if
//! nothing had happened: every release ready, none of them early, nothing done twice, nothing left behind.
//!
//! Git holds the infrastructure alone: how many releases there are changes nothing in the journal, and each of them is
//! brought up about a hundred times.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use fluxlift::demo::{self, git_content, world};
use fluxlift_engine::journal::{Entry, JournalObserver, NoObserver, Record};
use fluxlift_engine::{Command, Engine, RunError, RunOptions, RunReport};
use fluxlift_sim::git::GitRepo;
use fluxlift_sim::kube::Key;
use fluxlift_sim::referee::{self, CANARY, Tally};
use fluxlift_sim::{Datacenter, Options, World};
use serde_json::Value;

use crate::converged::SEED;
use crate::folder::Folder;
use crate::infrastructure::{self, RELEASES};
use crate::tree::Tree;
use crate::virtual_run::in_world;

/// A moment in the life of a run: the world and everything on disk.
struct Fork {
    at: String,
    world: World,
    folder: Folder,
}

/// Keeps a lane's share of the forks of every record, before and after.
struct Forks {
    datacenter: Datacenter,
    folder: PathBuf,
    lane: usize,
    last: Mutex<Moment>,
    taken: Arc<Mutex<Vec<Fork>>>,
}

/// What was seen when a record was last written, and how many different moments there were.
#[derive(Default)]
struct Moment {
    world: Vec<u8>,
    folder: Folder,
    number: usize,
}

impl Forks {
    fn take(&self, when: &str, entry: &Entry) {
        let (snapshot, folder) = (self.datacenter.snapshot(), Folder::read(&self.folder));
        let world = serde_json::to_vec(&snapshot).unwrap();
        let mut last = self.last.lock().unwrap();
        // The proof of a gate is not awaited on disk: whether the one before it is there makes no moment of its own.
        let same_folder = is_proof(entry) || folder == last.folder;
        if world == last.world && same_folder {
            return;
        }
        *last = Moment { world, folder: folder.clone(), number: last.number + 1 };
        if last.number % LANES != self.lane {
            return;
        }
        let what = serde_json::to_value(&entry.record).unwrap()["record"].clone();
        let fork = Fork { at: format!("{when} {} {what}", entry.seq), world: snapshot, folder };
        self.taken.lock().unwrap().push(fork);
    }
}

fn is_proof(entry: &Entry) -> bool {
    matches!(entry.record, Record::GateClosed { .. })
}

impl JournalObserver for Forks {
    fn before(&self, entry: &Entry) -> io::Result<()> {
        self.take("before", entry);
        Ok(())
    }

    fn after(&self, entry: &Entry) {
        // A crash after a proof that may not be on disk is a crash before the next record.
        if !is_proof(entry) {
            self.take("after", entry);
        }
    }
}

fn options() -> RunOptions {
    RunOptions { seed: SEED, ..RunOptions::default() }
}

pub(crate) fn succeeded(report: Result<RunReport, RunError>, at: &str) {
    let report = report.unwrap_or_else(|error| panic!("{at}: {error}"));
    let errors: Vec<String> = report.units.iter().filter_map(|u| u.error.as_ref()).map(|e| e.chain()).collect();
    assert!(report.succeeded(), "{at}: {errors:?}");
}

/// Six machines were made, each once, and one etcd cluster.
pub(crate) fn nothing_was_done_twice(world: &World, at: &str) {
    let mut made: BTreeMap<&str, u32> = BTreeMap::new();
    for task in world.proxmox.tasks.values().filter(|task| task.kind == "qmcreate") {
        *made.entry(&task.id).or_default() += 1;
    }
    assert_eq!(made.len(), 6, "{at}: {made:?}");
    assert!(made.values().all(|times| *times == 1), "{at}: {made:?}");
    assert_eq!(world.talos.etcd.len(), 1, "{at}");
}

/// The cluster is whole, came to be in the right order, and nothing of a run that was killed is left in it.
fn converged(world: &World, at: &str) {
    nothing_was_done_twice(world, at);
    assert_eq!(referee::count(world), Tally { total: RELEASES, ready: RELEASES, unobserved: 0 }, "{at}");
    assert!(!world.referee.handled.is_empty(), "{at}: no canary was ever proven");
    assert_eq!(world.referee.early(), Vec::<&Key>::new(), "{at}");
    let left = |what: &str, is_left: &dyn Fn(&Value) -> bool| {
        let left: Vec<&Key> = world.kube.api.all().filter(|(_, o)| is_left(o)).map(|(key, _)| key).collect();
        assert!(left.is_empty(), "{at}: {what} {left:?}");
    };
    left("canaries", &|object| object["metadata"]["labels"].get(CANARY).is_some());
    let status = |object: &Value| match object["type"].as_str() {
        Some("helm.sh/release.v1") => object["metadata"]["labels"]["status"].as_str().unwrap_or_default().to_owned(),
        _ => String::new(),
    };
    left("releases in the middle of something", &|object| status(object).starts_with("pending-"));
    let operator = |object: &Value| object["metadata"]["labels"]["name"] == "flux-operator";
    let deployed = world.kube.api.all().filter(|(_, object)| operator(object) && status(object) == "deployed");
    assert_eq!(deployed.count(), 1, "{at}: releases of the operator that are deployed");
}

/// The same world, whose repository brings the infrastructure alone.
pub(crate) fn with_less(mut world: World) -> World {
    let files = infrastructure::alone(git_content("2.9.4"));
    world.git.publish(demo::REPOSITORY_PATH, GitRepo::from_files(files, world.now));
    world
}

/// The forks are resumed by this many threads.
const LANES: usize = 2;

#[test]
fn a_run_killed_at_any_record_is_resumed_to_the_same_end_without_doing_anything_twice() {
    let resumed: usize = std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..LANES).map(|lane| scope.spawn(move || lane_resumes(lane))).collect();
        lanes.into_iter().map(|lane| lane.join().unwrap()).sum()
    });
    assert!(resumed > 90, "{resumed} forks");
}

/// Does the whole run, and resumes this lane's share of its forks where it was done: what was made from the paths of
/// another folder would have to be made again.
fn lane_resumes(lane: usize) -> usize {
    let tree = Tree::reference();
    let start = "2026-01-01T00:00:00Z".parse().unwrap();
    let world = with_less(world(Options { seed: SEED, ..Options::default() }, "2.9.4", start));
    let taken = Arc::new(Mutex::new(Vec::new()));
    let forks = |datacenter: &Datacenter| -> Arc<dyn JournalObserver> {
        Arc::new(Forks {
            datacenter: datacenter.clone(),
            folder: tree.path().to_owned(),
            lane,
            last: Mutex::default(),
            taken: taken.clone(),
        })
    };
    let apply = async |engine: &Engine<'_>| engine.run(Command::Apply, options(), None).await;
    let (report, world) = in_world(tree.path(), world, SEED, forks, apply);
    succeeded(report, "undisturbed");
    converged(&world, "undisturbed");

    let taken = std::mem::take(&mut *taken.lock().unwrap());
    let resumed = taken.len();
    taken.into_iter().for_each(|fork| resumes(fork, &tree));
    resumed
}

fn resumes(Fork { at, world, folder }: Fork, tree: &Tree) {
    folder.restore(tree.path());
    let resume = async |engine: &Engine<'_>| match engine.resume().await {
        // Killed before its first record, there is nothing to resume.
        Err(RunError::Journal(_)) => engine.run(Command::Apply, options(), None).await,
        other => other,
    };
    let (report, world) = in_world(tree.path(), world, SEED, |_| Arc::new(NoObserver), resume);
    succeeded(report, &at);
    converged(&world, &at);
}
