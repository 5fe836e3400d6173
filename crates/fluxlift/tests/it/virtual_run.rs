//! The real units against a simulated datacenter in this process, on a clock that jumps over every wait.

use std::path::Path;
use std::sync::Arc;

use fluxlift::args::Scope;
use fluxlift::demo::LIVE;
use fluxlift::modules;
use fluxlift::run::{Pace, Setting, at_pace};
use fluxlift::system::System;
use fluxlift::watchdog::Witness;
use fluxlift::workspace::Workspace;
use fluxlift_engine::Engine;
use fluxlift_engine::hooks::SystemHooks;
use fluxlift_engine::journal::JournalObserver;
use fluxlift_flux::Strategy;
use fluxlift_gate::TokioClock;
use fluxlift_sim::{Datacenter, Net, World};

/// Runs `work` with an engine over the tree in `folder` and over `world`, and gives the world as it is then. Everything
/// random follows `seed`.
pub(crate) fn in_world<T>(
    folder: &Path,
    world: World,
    seed: u64,
    observer: impl FnOnce(&Datacenter) -> Arc<dyn JournalObserver>,
    work: impl AsyncFnOnce(&Engine<'_>) -> T,
) -> (T, World) {
    let mut system = System::look().unwrap_or_else(|failure| panic!("{}", failure.render()));
    (system.now, system.seed) = (world.now, seed);
    let done = at_pace(Pace::Virtual, &Witness::default(), async {
        let clock = Arc::new(TokioClock::starting_at(world.now));
        let datacenter = Datacenter::new(world, clock.clone());
        let driver = datacenter.run();
        let workspace = Workspace::at(&folder.join(LIVE), &system, "apply", Scope::All)?;
        let net = Net::new(datacenter.clone());
        let modules = modules::simulated(net, clock.clone(), &system, Strategy::default());
        let setting = Setting { modules, clock, owner: system.owner("test") };
        let mut engine = setting.engine(&workspace);
        engine.hooks = Arc::new(SystemHooks::alone());
        engine.observer = observer(&datacenter);
        let result = work(&engine).await;
        driver.abort();
        Ok((result, datacenter.snapshot()))
    });
    done.unwrap_or_else(|failure| panic!("{}", failure.render()))
}
