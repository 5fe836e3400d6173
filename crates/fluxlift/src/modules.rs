//! The native modules that this binary has.

use std::sync::Arc;

use fluxlift_core::Clock;
use fluxlift_engine::hooks::SystemHooks;
use fluxlift_engine::unit::Modules;
use fluxlift_flux::Strategy;
use fluxlift_net::{Dial, TcpDial};
use fluxlift_units::{NativeModules, Outside};

use crate::system::System;

/// The native modules over the real network. Keys and names come from the system's own randomness.
pub fn real(clock: Arc<dyn Clock>, system: &System) -> Arc<dyn Modules> {
    native(Arc::new(TcpDial::default()), clock, system, None, Strategy::default(), SystemHooks::default())
}

/// The same modules, reaching the simulated datacenter through `dial`. Everything random follows the seed of `system`.
pub fn simulated(dial: impl Dial, clock: Arc<dyn Clock>, system: &System, strategy: Strategy) -> Arc<dyn Modules> {
    native(Arc::new(dial), clock, system, Some(system.seed), strategy, SystemHooks::alone())
}

fn native(
    dial: Arc<dyn Dial>,
    clock: Arc<dyn Clock>,
    system: &System,
    seed: Option<u64>,
    strategy: Strategy,
    scripts: SystemHooks,
) -> Arc<dyn Modules> {
    let outside = Outside { dial, clock, seed, scripts: Arc::new(scripts), env: system.env.vars.clone() };
    Arc::new(NativeModules { outside: Arc::new(outside), strategy })
}
