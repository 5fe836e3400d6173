//! The unit as the engine sees it.

use std::sync::Arc;

use async_trait::async_trait;
use fluxlift_core::{ChangeKind, Value, chain};
use fluxlift_engine::unit::{Applied, Change, Check, Unit, UnitContext, UnitError, UnitSpec, Values};
use fluxlift_talos::client::Access;
use fluxlift_talos::node::{NodeState, Sight, look};
use fluxlift_talos::secrets::ClientIdentity;
use futures::future::join_all;

use super::inputs::Target;
use super::machine::Courier;
use super::trust::{Trust, judge};
use super::{ApplyError, Inputs};
use crate::Outside;
use crate::talos_access::{self, access};

/// The configurations of a cluster's machines.
#[derive(Debug)]
pub struct ApplyConfig {
    spec: UnitSpec,
    outside: Arc<Outside>,
}

/// What the inputs say, read and checked.
struct Wish {
    access: Access,
    ours: ClientIdentity,
    targets: Vec<Target>,
    trust: Trust,
}

impl ApplyConfig {
    /// The unit that `spec` describes.
    pub const fn new(spec: UnitSpec, outside: Arc<Outside>) -> Self {
        Self { spec, outside }
    }

    fn wish(&self) -> Result<Wish, UnitError> {
        let inputs: Inputs = talos_access::inputs("talos_apply_config", &self.spec.inputs)?;
        Ok(Wish {
            access: access(&self.outside),
            ours: inputs.identity()?,
            targets: inputs.targets()?,
            trust: inputs.maintenance_trust,
        })
    }
}

impl Wish {
    fn outputs(&self) -> Values {
        let names = self.targets.iter().map(|target| Value::from(target.name.as_str()));
        [("applied_nodes".to_owned(), Value::List(names.collect()))].into()
    }

    async fn survey(&self) -> Vec<(&Target, Sight)> {
        let sights = self.targets.iter().map(|t| look(&self.access, &t.api, &self.ours, &t.config));
        self.targets.iter().zip(join_all(sights).await).collect()
    }
}

#[async_trait]
impl Unit for ApplyConfig {
    async fn plan(&self, cx: &UnitContext) -> Result<Change, UnitError> {
        if self.spec.inputs.values().any(Value::has_unknown) {
            return Ok(Change::because(ChangeKind::Unknown, ["an input is not known yet"]));
        }
        let wish = self.wish()?;
        let (mut reasons, mut silent) = (Vec::new(), Vec::new());
        for (target, sight) in wish.survey().await {
            let name = &target.name;
            match (&sight.state, sight.as_meant) {
                (NodeState::Ours(_), Some(true)) => {}
                (NodeState::Ours(_), Some(false)) => reasons.push(format!("{name} runs another configuration")),
                (NodeState::Maintenance { .. }, _) => reasons.push(format!("{name} waits for its configuration")),
                (NodeState::Foreign { .. }, _) => {
                    return Err(ApplyError::out_of_reach(name, &sight.state).into());
                }
                (NodeState::Unreachable { .. }, _) => silent.push(name.as_str()),
                (state, _) => reasons.push(format!("{name} cannot be seen: {state}")),
            }
        }
        if !silent.is_empty() {
            reasons.push(format!("no answer yet from {}", silent.join(", ")));
        }
        let change = match (reasons.is_empty(), &cx.prior) {
            (true, Some(prior)) if prior.outputs == wish.outputs() => return Ok(Change::none()),
            (true, Some(_)) => Change::because(ChangeKind::Update, ["other machines than before are meant"]),
            (true, None) => Change::because(ChangeKind::Update, ["all machines run their configuration already"]),
            (false, None) => Change::because(ChangeKind::Create, reasons),
            (false, Some(_)) => Change::because(ChangeKind::Update, reasons),
        };
        Ok(change.leaving(wish.outputs()))
    }

    async fn apply(&self, cx: &UnitContext) -> Result<Applied, UnitError> {
        let wish = self.wish()?;
        let courier = Courier { access: &wish.access, ours: &wish.ours, trust: wish.trust, cx };
        // All at once: a worker gets its certificate from a control plane that is up.
        let served = join_all(wish.targets.iter().map(|target| courier.serve(target))).await;
        let sent = served.into_iter().collect::<Result<Vec<bool>, UnitError>>()?.into_iter().filter(|s| *s).count();
        if sent == 0 {
            cx.gates.events.step("found", "every machine running its configuration");
        }
        let digests: serde_json::Map<String, serde_json::Value> =
            wish.targets.iter().map(|t| (t.name.clone(), t.config.digest().into())).collect();
        Ok(Applied { outputs: wish.outputs(), identity: serde_json::json!({ "configs": digests }), shortfall: None })
    }

    async fn destroy(&self, cx: &UnitContext) -> Result<(), UnitError> {
        // The configurations live and die with the machines; wiping disks is the business of who destroys those.
        cx.gates.events.step("left", "the machines with their configurations");
        Ok(())
    }

    async fn preflight(&self, _: &UnitContext) -> Vec<Check> {
        if self.spec.inputs.values().any(Value::has_unknown) {
            let outcome = Ok("not checked: an earlier unit has to be applied first".to_owned());
            return vec![Check { name: "Talos machines".to_owned(), outcome }];
        }
        let wish = match self.wish() {
            Ok(wish) => wish,
            Err(error) => {
                let outcome = Err(chain(&error));
                return vec![Check { name: "inputs".to_owned(), outcome }];
            }
        };
        let trust = wish.trust;
        let check = |(target, sight): (&Target, Sight)| Check {
            name: format!("Talos on {}", target.name),
            outcome: match &sight.state {
                NodeState::Maintenance { fingerprint } => {
                    let judged = judge(&target.name, *fingerprint, target.pin, trust);
                    judged.map(|_| sight.state.to_string()).map_err(|error| error.to_string())
                }
                NodeState::Ours(_) => Ok(sight.state.to_string()),
                NodeState::Unreachable { .. } => Ok(format!("not there yet: {}", sight.state)),
                NodeState::Refused { .. } | NodeState::Foreign { .. } => Err(sight.state.to_string()),
            },
        };
        wish.survey().await.into_iter().map(check).collect()
    }
}
