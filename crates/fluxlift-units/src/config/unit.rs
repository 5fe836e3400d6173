//! The unit as the engine sees it.

use std::collections::BTreeMap;

use async_trait::async_trait;
use fluxlift_core::{ChangeKind, Value, chain};
use fluxlift_engine::unit::{Applied, Change, Check, Unit, UnitContext, UnitError, UnitSpec, Values};

use super::{Inputs, outputs};
use crate::talos_access;

/// The machine configurations of a cluster.
#[derive(Debug)]
pub struct Config {
    spec: UnitSpec,
}

impl Config {
    /// The unit that `spec` describes. It needs nothing of the outside world.
    pub const fn new(spec: UnitSpec) -> Self {
        Self { spec }
    }

    fn outputs(&self) -> Result<(Values, BTreeMap<String, String>), UnitError> {
        let inputs: Inputs = talos_access::inputs("talos_config", &self.spec.inputs)?;
        outputs::outputs(&inputs)
    }
}

#[async_trait]
impl Unit for Config {
    fn keeps_secrets(&self) -> bool {
        true
    }

    async fn plan(&self, cx: &UnitContext) -> Result<Change, UnitError> {
        if self.spec.inputs.values().any(Value::has_unknown) {
            return Ok(Change::because(ChangeKind::Unknown, ["an input is not known yet"]));
        }
        let (outputs, _) = self.outputs()?;
        let Some(prior) = &cx.prior else {
            return Ok(Change::because(ChangeKind::Create, ["nothing was generated yet"]));
        };
        let reasons = differences(&outputs, &prior.outputs);
        if reasons.is_empty() {
            return Ok(Change::none());
        }
        Ok(Change::because(ChangeKind::Update, reasons).leaving(outputs))
    }

    async fn apply(&self, cx: &UnitContext) -> Result<Applied, UnitError> {
        let (outputs, digests) = self.outputs()?;
        cx.gates.events.step("generated", format!("{} machine configurations", digests.len()));
        Ok(Applied { outputs, identity: serde_json::json!({ "configs": digests }), shortfall: None })
    }

    async fn destroy(&self, _: &UnitContext) -> Result<(), UnitError> {
        Ok(())
    }

    async fn preflight(&self, _: &UnitContext) -> Vec<Check> {
        let name = "machine configurations".to_owned();
        if self.spec.inputs.values().any(Value::has_unknown) {
            return vec![Check {
                name,
                outcome: Ok("not checked: an earlier unit has to be applied first".to_owned()),
            }];
        }
        let outcome = self.outputs().map(|(_, digests)| format!("{} can be generated", digests.len()));
        vec![Check { name, outcome: outcome.map_err(|error| chain(&error)) }]
    }
}

/// What differs, by name.
fn differences(now: &Values, then: &Values) -> Vec<String> {
    let configs = |values: &Values| values.get("machine_configs").and_then(Value::as_map).cloned().unwrap_or_default();
    let (new, old) = (configs(now), configs(then));
    let mut reasons = Vec::new();
    for name in new.keys().chain(old.keys().filter(|name| !new.contains_key(*name))) {
        match (new.get(name).and_then(Value::as_str), old.get(name).and_then(Value::as_str)) {
            (now, then) if now == then => {}
            (Some(_), None) => reasons.push(format!("{name} gets a configuration")),
            (None, _) => reasons.push(format!("{name} has no configuration any more")),
            (Some(_), Some(_)) => reasons.push(format!("the configuration of {name} changes")),
        }
    }
    for (name, value) in now.iter().filter(|(name, _)| *name != "machine_configs") {
        if then.get(name).map(Value::reveal) != Some(value.reveal()) {
            reasons.push(format!("the output {name} changes"));
        }
    }
    reasons
}
