//! From the name of a native module to its unit.

use std::sync::Arc;

use fluxlift_engine::unit::{Modules, Unit, UnitError, UnitSpec};
use fluxlift_flux::Strategy;

use crate::Outside;
use crate::apply::ApplyConfig;
use crate::bootstrap::Bootstrap;
use crate::compute::Compute;
use crate::config::Config;
use crate::flux_instance::FluxInstance;
use crate::flux_operator::FluxOperator;
use crate::secrets::Secrets;

/// The native modules, by their names.
#[derive(Debug, Clone)]
pub struct NativeModules {
    /// What the units may use of the outside world.
    pub outside: Arc<Outside>,
    /// How Flux is brought up; anything but the default exists only to show the race.
    pub strategy: Strategy,
}

/// The names of the native modules, in the order of a bootstrap.
pub const NAMES: [&str; 7] = [
    "cluster_core",
    "talos_secrets",
    "talos_config",
    "talos_apply_config",
    "talos_bootstrap",
    "flux_operator",
    "flux_instance",
];

impl Modules for NativeModules {
    fn unit(&self, spec: UnitSpec) -> Result<Box<dyn Unit>, UnitError> {
        let outside = Arc::clone(&self.outside);
        Ok(match spec.module.as_str() {
            "cluster_core" => Box::new(Compute::new(spec, outside)),
            "talos_secrets" => Box::new(Secrets::new(spec, outside)),
            "talos_config" => Box::new(Config::new(spec)),
            "talos_apply_config" => Box::new(ApplyConfig::new(spec, outside)),
            "talos_bootstrap" => Box::new(Bootstrap::new(spec, outside)),
            "flux_operator" => Box::new(FluxOperator::new(spec, outside)),
            "flux_instance" => Box::new(FluxInstance::new(spec, outside, self.strategy)),
            other => {
                return Err(UnitError::new(format!("{} wants the module {other:?}, which is not native", spec.path))
                    .with_hint(format!("the native modules are {}", NAMES.join(", "))));
            }
        })
    }
}
