//! Where a scenario is played: a world, a folder, and somebody at its command line.

use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fluxlift_config::Environment;
use fluxlift_core::{Clock, ErrorKind, Timestamp};
use fluxlift_gate::TokioClock;
use fluxlift_sim::git::GitRepo;
use fluxlift_sim::kube::{Caller, Part, Patch};
use fluxlift_sim::names::Name;
use fluxlift_sim::{Datacenter, Net, Options, World, volsync};
use jiff::SignedDuration;
use serde_json::Value as Json;
use tokio::task::JoinHandle;

use super::{Edit, Later, Scenario, Start};
use crate::bootstrap::{FLUX_VERSION, OPERATOR_VERSION};
use crate::demo::{self, CHART, Gitops, REPOSITORY};
use crate::system::System;
use crate::ui::Failure;

/// How far virtual time starts behind the wall clock.
const HEAD_START: SignedDuration = SignedDuration::from_hours(6);

/// What `$PADDING` stands for has so many letters: more than an annotation may.
const PADDING: usize = 300_000;

/// Where a scenario is played.
pub(super) struct Stage {
    /// The root of the repository, and the home of whoever gives the commands.
    pub(super) folder: PathBuf,
    /// The system as the commands see it.
    pub(super) system: System,
    /// The datacenter.
    pub(super) datacenter: Datacenter,
    /// The way to it.
    pub(super) net: Net,
    /// Its time.
    pub(super) clock: Arc<dyn Clock>,
    /// Whether there is a tree, or only a cluster.
    pub(super) has_tree: bool,
    driver: JoinHandle<()>,
}

impl Stage {
    /// Sets up what `scenario` begins with in `folder`. Needs a runtime.
    ///
    /// # Errors
    /// When the scenario asks for something that can't be, or the folder can't be written to.
    pub(super) fn set(scenario: &Scenario, folder: &Path, seed: u64, system: &System) -> Result<Self, Failure> {
        let mut system = system.clone();
        system.now -= HEAD_START;
        system.seed = seed;
        system.dir = folder.to_owned();
        let mut vars: BTreeMap<String, String> = scenario.env.clone();
        // Hooks find their programs as they do at home.
        vars.extend(system.env.get("PATH").map(|path| ("PATH".to_owned(), path.to_owned())));
        system.env = Environment { vars, home: Some(folder.to_owned()) };
        let world = world(scenario, folder, seed, system.now)?;
        let clock = Arc::new(TokioClock::starting_at(world.now));
        let datacenter = Datacenter::new(world, clock.clone());
        let driver = datacenter.run();
        let net = Net::new(datacenter.clone());
        let has_tree = scenario.start == Start::Tree;
        Ok(Self { folder: folder.to_owned(), system, datacenter, net, clock, has_tree, driver })
    }

    /// The folder in which the commands are given.
    pub(super) fn working_dir(&self) -> PathBuf {
        if self.has_tree { self.folder.join(demo::LIVE) } else { self.folder.clone() }
    }

    /// Applies `object` as an administrator.
    ///
    /// # Errors
    /// When the API refuses it.
    pub(super) fn apply(&self, object: &Json) -> Result<(), Failure> {
        self.datacenter.with(|world| administrate(world, object))
    }

    /// Lets `later` happen while something else runs.
    pub(super) fn schedule(&self, later: &[Later]) -> Vec<JoinHandle<Result<(), Failure>>> {
        let happen = |event: &Later| {
            let (event, datacenter) = (event.clone(), self.datacenter.clone());
            tokio::spawn(async move {
                fluxlift_gate::observe::pace(event.after.0).await;
                datacenter.with(|world| {
                    if event.nodes {
                        demo::join_nodes(world);
                    }
                    if event.network {
                        demo::install_network(world)?;
                    }
                    event.world.as_ref().map_or(Ok(()), |behaviour| behaviour.put_on(world))
                })
            })
        };
        later.iter().map(happen).collect()
    }

    /// Ends it.
    pub(super) fn strike(self) {
        self.driver.abort();
    }
}

/// The world at the beginning, and its files in `folder`.
fn world(scenario: &Scenario, folder: &Path, seed: u64, now: Timestamp) -> Result<World, Failure> {
    let mut options = Options { seed, ..Options::default() };
    let given = &scenario.options;
    options.cache_sync = given.cache_sync.map_or(options.cache_sync, |span| span.0);
    options.crd_establish = given.crd_establish.map_or(options.crd_establish, |span| span.0);
    options.pulls = given.pulls.iter().map(|(image, span)| (image.clone(), span.0)).collect();
    options.needs.clone_from(&given.needs);
    let mut world = match scenario.start {
        Start::Tree => {
            let gitops = Gitops {
                repository: REPOSITORY.to_owned(),
                chart: CHART.to_owned(),
                operator_version: OPERATOR_VERSION.to_owned(),
                flux_version: FLUX_VERSION.to_owned(),
            };
            demo::write(folder, &gitops)?;
            for edit in &scenario.tree {
                change_file(folder, edit)?;
            }
            demo::world(options, FLUX_VERSION, now)
        }
        Start::Cluster => cluster(options, folder, now, demo::join_nodes, demo::install_network)?,
        Start::ClusterWithoutNetwork => cluster(options, folder, now, demo::join_nodes, |_| Ok(()))?,
        Start::ClusterWithoutNodes => cluster(options, folder, now, |_| (), demo::install_network)?,
        Start::ClusterWithVolsync => {
            let mut world = cluster(options, folder, now, demo::join_nodes, demo::install_network)?;
            volsync::install(&mut world).map_err(|status| refused(status.message))?;
            world
        }
    };
    let host = demo::API.ip().to_string();
    let name = |addresses: &Vec<IpAddr>| Name { host: host.clone(), addresses: addresses.clone() };
    world.names.known = given.names.iter().map(|(known, addresses)| (known.clone(), name(addresses))).collect();
    if !scenario.content.is_empty() {
        let mut files: BTreeMap<String, Vec<u8>> = demo::git_content(FLUX_VERSION).into_iter().collect();
        for edit in &scenario.content {
            let before = files.get(&edit.file).map(|text| String::from_utf8_lossy(text).into_owned());
            files.insert(edit.file.clone(), edit.done_to(before)?.into_bytes());
        }
        world.git.publish(demo::REPOSITORY_PATH, GitRepo::from_files(files, now));
    }
    Ok(world)
}

fn cluster(
    options: Options,
    folder: &Path,
    now: Timestamp,
    nodes: impl FnOnce(&mut World),
    network: impl FnOnce(&mut World) -> Result<(), Failure>,
) -> Result<World, Failure> {
    let (mut world, kubeconfig) = demo::control_plane(options, now)?;
    nodes(&mut world);
    network(&mut world)?;
    let edit = Edit { file: ".kube/config".to_owned(), from: None, to: kubeconfig };
    change_file(folder, &edit)?;
    Ok(world)
}

fn refused(why: String) -> Failure {
    Failure::new(ErrorKind::Failed, format!("an object of the scenario is refused: {why}"))
}

fn administrate(world: &mut World, object: &Json) -> Result<(), Failure> {
    let key = world.kube.api.key_of(object).ok_or_else(|| refused("its kind is not served".to_owned()))?;
    let caller = Caller::controller("administrator", world.now);
    let patch = Patch::Apply { config: object.clone(), force: true };
    world.kube.api.patch(&caller, &key, &patch, Part::Object).map_err(|status| refused(status.message))?;
    world.settle();
    Ok(())
}

/// Changes a file below `folder`, or writes it.
pub(super) fn change_file(folder: &Path, edit: &Edit) -> Result<(), Failure> {
    let path = folder.join(&edit.file);
    let text = edit.done_to(fs::read_to_string(&path).ok())?;
    let written = fs::create_dir_all(path.parent().unwrap_or(folder)).and_then(|()| fs::write(&path, text));
    written.map_err(|error| Failure::because(format!("{} cannot be written", path.display()), &error))
}

impl Edit {
    /// What becomes of a file with this text.
    fn done_to(&self, before: Option<String>) -> Result<String, Failure> {
        let to = self.to.replace("$PADDING", &"x".repeat(PADDING));
        let Some(from) = &self.from else { return Ok(to) };
        match before {
            Some(text) if text.contains(from) => Ok(text.replace(from, &to)),
            _ => Err(Failure::new(ErrorKind::Failed, format!("{} does not hold {from:?}", self.file))),
        }
    }
}
