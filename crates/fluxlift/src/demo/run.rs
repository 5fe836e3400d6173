//! The demo itself: tree, world, the ordinary run, the referee's count.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use fluxlift_core::Timestamp;
use fluxlift_engine::hooks::SystemHooks;
use fluxlift_engine::{Command, RunOptions};
use fluxlift_flux::Strategy;
use fluxlift_gate::TokioClock;
use fluxlift_sim::git::GitRepo;
use fluxlift_sim::referee;
use fluxlift_sim::{Datacenter, Net, Options, World};
use jiff::SignedDuration;

use super::{Gitops, LIVE, Outcome, Releases, git_content, write};
use crate::args::Scope;
use crate::modules;
use crate::run::{Pace, Setting, at_pace, watched};
use crate::system::System;
use crate::ui::Failure;
use crate::watchdog::Witness;
use crate::workspace::Workspace;

/// How far virtual time starts behind the wall clock, so that a world that is served afterwards has no future in it.
const HEAD_START: SignedDuration = SignedDuration::from_hours(1);

/// Where the simulated datacenter has flux-operator's chart.
pub const CHART: &str = "oci://127.101.0.3:5000/charts/flux-operator";
/// Where it has its Git repository.
pub const REPOSITORY: &str = "http://127.101.0.4:3000/home-ops.git";
/// Where its Git server keeps that.
pub const REPOSITORY_PATH: &str = "home-ops.git";

/// What is asked of a demo.
#[derive(Debug, Clone)]
pub struct Demo {
    /// Where the tree and the world are written.
    pub dir: PathBuf,
    /// The seed of everything random, in the world and in the run.
    pub seed: u64,
    /// In which order Flux is installed.
    pub strategy: Strategy,
    /// The strategy's name in the outcome.
    pub strategy_name: String,
    /// How long a Flux controller's caches take to sync.
    pub cache_sync: Duration,
    /// The versions that the tree asks for.
    pub gitops: Gitops,
    /// On which clock.
    pub pace: Pace,
    /// For how long to go on watching after the strategy said done.
    pub observe_for: Option<Duration>,
}

impl Demo {
    /// Runs the demo, with its progress on stderr.
    ///
    /// # Errors
    /// When the tree can't be written or loaded, or the run can't begin. A unit that fails is in the outcome.
    pub fn run(&self, system: &System) -> Result<Outcome, Failure> {
        write(&self.dir, &self.gitops)?;
        let mut system = system.clone();
        system.seed = self.seed;
        if self.pace == Pace::Virtual {
            system.now -= HEAD_START;
        }
        let witness = Witness::default();
        at_pace(self.pace, &witness, self.bootstrap(&system, &witness))
    }

    async fn bootstrap(&self, system: &System, witness: &Witness) -> Result<Outcome, Failure> {
        let clock = Arc::new(TokioClock::starting_at(system.now));
        let datacenter = Datacenter::new(world(self.options(), &self.gitops.flux_version, system.now), clock.clone());
        let driver = datacenter.run();
        let live = self.dir.join(LIVE);
        let workspace = Workspace::at(&live, system, "apply", Scope::All)?;
        let setting = Setting {
            modules: modules::simulated(Net::new(datacenter.clone()), clock.clone(), system, self.strategy),
            clock,
            owner: system.owner("demo"),
        };
        let mut engine = setting.engine(&workspace);
        engine.events = witness.sink();
        if self.pace == Pace::Virtual {
            engine.hooks = Arc::new(SystemHooks::alone());
        }
        let options = RunOptions { seed: self.seed, ..RunOptions::default() };
        let report = watched(&mut engine, async |engine| engine.run(Command::Apply, options, None).await).await?;
        let releases = datacenter.with(|world| Releases::from(referee::count(world)));
        let later = self.watch_on(&datacenter).await;
        driver.abort();
        datacenter.snapshot().save(&self.dir)?;
        Ok(Outcome { strategy: self.strategy_name.clone(), report, releases, later })
    }

    fn options(&self) -> Options {
        Options { seed: self.seed, cache_sync: self.cache_sync, ..Options::default() }
    }

    /// What the referee counts some time after the run, when that was asked for.
    async fn watch_on(&self, datacenter: &Datacenter) -> Option<(Duration, Releases)> {
        let after = self.observe_for?;
        fluxlift_gate::observe::pace(after).await;
        Some((after, datacenter.with(|world| referee::count(world).into())))
    }
}

/// The datacenter before a run: machines bare, charts and the Git content for this Flux published.
pub fn world(options: Options, flux_version: &str, now: Timestamp) -> World {
    let mut world = World::new(options, now);
    world.git.publish(REPOSITORY_PATH, GitRepo::from_files(git_content(flux_version), now));
    world
}

/// Serves the world of `dir` on loopback until `stop` resolves, then keeps it.
///
/// `ready` hears the addresses once all of them answer.
///
/// # Errors
/// When the folder holds no world, an address is taken, or the world can't be kept.
pub async fn serve(
    dir: &Path,
    now: Timestamp,
    ready: impl FnOnce(&[fluxlift_net::Authority]) -> Result<(), Failure>,
    stop: impl Future<Output = ()>,
) -> Result<(), Failure> {
    let world = World::load(dir)?;
    let clock = Arc::new(TokioClock::starting_at(now.max(world.now)));
    let datacenter = Datacenter::new(world, clock);
    let driver = datacenter.run();
    let addresses = datacenter.with(|world| world.addresses());
    let listeners = fluxlift_sim::serve::on_loopback(&datacenter)
        .await
        .map_err(|error| Failure::because("the datacenter cannot be served", &error))?;
    ready(&addresses)?;
    stop.await;
    drop(listeners);
    driver.abort();
    datacenter.snapshot().save(dir)?;
    Ok(())
}
