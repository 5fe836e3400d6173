//! The native modules that this binary has.

use std::sync::Arc;

use fluxlift_core::Clock;
use fluxlift_engine::unit::{Modules, Unit, UnitError, UnitSpec};
use fluxlift_net::Dial;

/// The native modules, reaching the world through `dial` and reading `clock`.
pub fn native(dial: Arc<dyn Dial>, clock: Arc<dyn Clock>) -> Arc<dyn Modules> {
    let _ = (dial, clock);
    Arc::new(NoModules)
}

struct NoModules;

impl Modules for NoModules {
    fn unit(&self, spec: UnitSpec) -> Result<Box<dyn Unit>, UnitError> {
        Err(UnitError::new(format!("this build has no native module {}, which {} wants", spec.module, spec.path)))
    }
}
