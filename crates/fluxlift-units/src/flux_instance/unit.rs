//! The unit as the engine sees it.

use std::sync::Arc;

use async_trait::async_trait;
use fluxlift_core::{ChangeKind, Value, chain};
use fluxlift_engine::unit::{Applied, Change, Check, Unit, UnitContext, UnitError, UnitSpec, Values};
use fluxlift_flux::{Instance, Strategy};
use fluxlift_kube::Cluster;
use serde_json::json;

use super::bringup::Bringup;
use super::survey::Survey;
use super::{Inputs, destroy, preflight, script, secrets};
use crate::Outside;
use crate::cluster_access::ClusterAccess;
use crate::intent::intend;
use crate::reserved::reserved;

/// Flux, and what it follows.
#[derive(Debug)]
pub struct FluxInstance {
    spec: UnitSpec,
    outside: Arc<Outside>,
    strategy: Strategy,
}

impl FluxInstance {
    /// The unit that `spec` describes, brought up by `strategy`.
    pub const fn new(spec: UnitSpec, outside: Arc<Outside>, strategy: Strategy) -> Self {
        Self { spec, outside, strategy }
    }

    fn outputs(&self, inputs: &Inputs) -> Values {
        let path = inputs.path(&self.spec);
        [("flux_ready".to_owned(), Value::from(true)), ("sync_path".to_owned(), Value::from(path))].into()
    }

    async fn bring_up(
        &self,
        cx: &UnitContext,
        cluster: &Cluster,
        inputs: &Inputs,
        instance: &Instance,
    ) -> Result<Option<UnitError>, UnitError> {
        let bringup = Bringup { cx, cluster, inputs, instance };
        let survey = Survey::take(cluster, instance, inputs.adopt.as_ref()).await?;
        fluxlift_flux::canary::sweep(&cx.gates, cluster, &inputs.components()).await?;
        if survey.live.is_none() {
            intend(cx, "instance.create", Instance::target())?;
        }
        secrets::apply(cx, cluster, &secrets::wanted(inputs)).await?;
        match self.strategy {
            Strategy::Gated => bringup.run(&survey).await,
            Strategy::Sleep { nap } => bringup.race(Some(nap)).await.map(|()| None),
            Strategy::Naive => bringup.race(None).await.map(|()| None),
        }
    }
}

#[async_trait]
impl Unit for FluxInstance {
    async fn plan(&self, cx: &UnitContext) -> Result<Change, UnitError> {
        if self.spec.inputs.values().any(Value::has_unknown) {
            let kind = if cx.prior.is_some() { ChangeKind::Unknown } else { ChangeKind::Create };
            return Ok(Change::because(kind, ["some of its inputs are known after another unit is applied"]));
        }
        let inputs = Inputs::read(&self.spec)?;
        let cluster = inputs.cluster.connect(&self.spec, &self.outside, cx)?;
        let (instance, secrets) = (inputs.instance(&self.spec), secrets::wanted(&inputs));
        let differences = async { Ok(secrets::differences(&cluster, &secrets).await?) };
        let (survey, differences) =
            tokio::try_join!(Survey::take(&cluster, &instance, inputs.adopt.as_ref()), differences)?;
        Ok(survey.change(differences).leaving(self.outputs(&inputs)))
    }

    async fn apply(&self, cx: &UnitContext) -> Result<Applied, UnitError> {
        let inputs = Inputs::read(&self.spec)?;
        let instance = inputs.instance(&self.spec);
        let cluster = inputs.cluster.connect(&self.spec, &self.outside, cx)?;
        let identity = cluster.identity().await?;
        let brought_up = reserved(cx, &cluster, self.bring_up(cx, &cluster, &inputs, &instance)).await?;
        let shortfall = match brought_up {
            // The cluster is free again: a script may call fluxlift itself. Flux is there: a script that fails loses none of
            // the outputs, and the next apply runs it again.
            None => script::run(cx, &self.spec, &inputs, &self.outside).await.err(),
            Some(error) => Some(script::passed_over(&inputs, error)),
        };
        Ok(Applied {
            outputs: self.outputs(&inputs),
            identity: json!({"cluster": identity, "instance": Instance::target().to_string()}),
            shortfall: shortfall.map(Arc::new),
        })
    }

    async fn destroy(&self, cx: &UnitContext) -> Result<(), UnitError> {
        let cluster = ClusterAccess::read(&self.spec)?.connect(&self.spec, &self.outside, cx)?;
        let took_over = self.spec.inputs.contains_key("adopt");
        destroy::destroy(cx, &cluster, took_over).await
    }

    async fn preflight(&self, cx: &UnitContext) -> Vec<Check> {
        match Inputs::read(&self.spec) {
            Ok(inputs) => {
                let mut checks =
                    vec![crate::cluster_check::reachable(&inputs.cluster, &self.spec, &self.outside, cx).await];
                checks.extend(preflight::checks(&inputs, &self.spec, &self.outside).await);
                checks
            }
            Err(error) => vec![Check { name: "inputs".to_owned(), outcome: Err(chain(&error)) }],
        }
    }
}
