//! A cluster that is brought up once, in virtual time, for every test that begins where a bootstrap has ended.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use fluxlift::demo::world;
use fluxlift_engine::journal::NoObserver;
use fluxlift_engine::{Command, Engine, RunOptions};
use fluxlift_sim::kube::GroupResource;
use fluxlift_sim::{Options, World};
use jiff::SignedDuration;

use crate::crash::succeeded;
use crate::folder::Folder;
use crate::served::now;
use crate::tree::Tree;
use crate::virtual_run::in_world;

/// With this seed the one slow thing of a bring-up, an RSA key, is found early.
pub(crate) const SEED: u64 = 197;

/// How long before now the bring-up begins: it must have ended by now, and little should be left to happen since.
const HEAD_START: SignedDuration = SignedDuration::from_mins(6);

/// What is copied: the files, where they lay, and the datacenter.
static ONCE: OnceLock<(Folder, PathBuf, World)> = OnceLock::new();

/// The tree of a cluster that has converged, its state in it, and the datacenter that it is about. Copies of one.
pub(crate) fn converged() -> (Tree, World) {
    let (folder, lay, world) = ONCE.get_or_init(bring_up);
    let tree = Tree::of(&[]);
    folder.write(tree.path());
    move_state(tree.path(), lay);
    (tree, world.clone())
}

/// The state of a copy tells where its own kubeconfig lies; a tree that was moved would have an update to do first.
fn move_state(tree: &Path, lay: &Path) {
    let state = tree.join(".fluxlift/state.json");
    let (from, to) = (lay.to_str().unwrap(), tree.to_str().unwrap());
    let told = std::fs::read_to_string(&state).unwrap();
    assert!(told.contains(from), "the state does not tell where the kubeconfig lies");
    std::fs::write(&state, told.replace(from, to)).unwrap();
}

fn bring_up() -> (Folder, PathBuf, World) {
    let tree = Tree::reference();
    let world = world(Options { seed: SEED, ..Options::default() }, "2.9.4", now() - HEAD_START);
    let options = RunOptions { seed: SEED, ..RunOptions::default() };
    let apply = async |engine: &Engine<'_>| engine.run(Command::Apply, options, None).await;
    let (report, world) = in_world(tree.path(), world, SEED, |_| Arc::new(NoObserver), apply);
    succeeded(report, "bring-up");
    assert!(world.now <= now(), "the bring-up took longer than its head start");
    (Folder::read(tree.path()), tree.path().to_owned(), world)
}

/// What a run makes in a datacenter: tasks, etcd clusters, and the objects of Kubernetes by their uid. What the cluster
/// keeps making by itself is left out.
pub(crate) fn made(world: &World) -> BTreeSet<String> {
    let tasks = world.proxmox.tasks.keys().cloned();
    let etcd = world.talos.etcd.keys().map(|cluster| format!("etcd {cluster:?}"));
    let lasting = |resource: &GroupResource| *resource != GroupResource::EVENTS;
    let objects = world.kube.api.all().filter(|(key, _)| lasting(&key.gr));
    let objects = objects.map(|(key, object)| format!("{key} {}", object["metadata"]["uid"]));
    tasks.chain(etcd).chain(objects).collect()
}
