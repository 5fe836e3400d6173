//! The unit as the engine sees it.

use std::sync::Arc;

use async_trait::async_trait;
use fluxlift_core::{ChangeKind, Value, chain};
use fluxlift_engine::unit::{Applied, Change, Check, Unit, UnitContext, UnitError, UnitSpec, Values};
use fluxlift_flux::kinds::NAMESPACE;
use fluxlift_helm::action::Decision;
use fluxlift_helm::chart::Chart;
use fluxlift_helm::fetch;
use fluxlift_net::{HttpClient, TlsClient, TlsTrust};
use serde_json::json;
use tokio::sync::OnceCell;

use super::bringup::Bringup;
use super::{Inputs, destroy};
use crate::Outside;
use crate::cluster_access::ClusterAccess;
use crate::reserved::reserved;

/// The operator that installs Flux.
#[derive(Debug)]
pub struct FluxOperator {
    spec: UnitSpec,
    outside: Arc<Outside>,
    chart: OnceCell<Chart>,
}

impl FluxOperator {
    /// The unit that `spec` describes.
    pub fn new(spec: UnitSpec, outside: Arc<Outside>) -> Self {
        Self { spec, outside, chart: OnceCell::new() }
    }

    /// The chart. It is fetched once: what was planned is what is applied.
    async fn chart(&self, inputs: &Inputs) -> Result<Chart, UnitError> {
        let fetch = async || {
            let source = inputs.source(&self.spec)?;
            let fetched = fetch::fetch(&source, &self.http()?).await?;
            inputs.check(&source, &fetched.chart)?;
            Ok::<_, UnitError>(fetched.chart)
        };
        self.chart.get_or_try_init(fetch).await.cloned()
    }

    fn http(&self) -> Result<HttpClient, UnitError> {
        let tls = TlsClient::new(&TlsTrust::System, Arc::clone(&self.outside.clock))
            .map_err(|error| UnitError::caused_by("TLS cannot be set up for chart registries", error))?;
        Ok(HttpClient::new(Arc::clone(&self.outside.dial), Some(tls)))
    }

    async fn chart_check(&self, inputs: &Inputs) -> Result<String, UnitError> {
        let source = inputs.source(&self.spec)?;
        let fetched = fetch::fetch(&source, &self.http()?).await?;
        let digest = fetched.digest.map(|digest| format!(" ({digest})")).unwrap_or_default();
        Ok(format!("{source} is {} {}{digest}", fetched.chart.name(), fetched.chart.version()))
    }
}

fn outputs() -> Values {
    [("namespace".to_owned(), Value::from(NAMESPACE))].into()
}

/// What a decision is called in a plan.
fn change(decision: &Decision) -> Result<Change, UnitError> {
    Ok(match decision {
        Decision::None { .. } => Change::none(),
        Decision::Install { .. } => {
            Change::because(ChangeKind::Create, ["release flux-system/flux-operator is not installed"])
        }
        Decision::Upgrade { why, .. } => Change::because(ChangeKind::Update, why.iter().cloned()),
        Decision::TakeOver { why, deployed_before, .. } => {
            let kind = if *deployed_before { ChangeKind::Update } else { ChangeKind::Create };
            Change::because(kind, [why.clone()])
        }
        Decision::Refuse { left, status } => {
            return Err(UnitError::new(format!("revision {left} of release flux-system/flux-operator is {status}"))
                .with_hint("look at it with `helm history -n flux-system flux-operator` and finish what was begun"));
        }
    })
}

#[async_trait]
impl Unit for FluxOperator {
    async fn plan(&self, cx: &UnitContext) -> Result<Change, UnitError> {
        if self.spec.inputs.values().any(Value::has_unknown) {
            let kind = if cx.prior.is_some() { ChangeKind::Unknown } else { ChangeKind::Create };
            return Ok(Change::because(kind, ["some of its inputs are known after another unit is applied"]));
        }
        let inputs = Inputs::read(&self.spec)?;
        let cluster = inputs.cluster.connect(&self.spec, &self.outside, cx)?;
        let bringup = Bringup { cx, cluster: &cluster, inputs: &inputs };
        let request = bringup.request(self.chart(&inputs)).await?;
        Ok(change(&bringup.plan(&request).await?.decision)?.leaving(outputs()))
    }

    async fn apply(&self, cx: &UnitContext) -> Result<Applied, UnitError> {
        let inputs = Inputs::read(&self.spec)?;
        let cluster = inputs.cluster.connect(&self.spec, &self.outside, cx)?;
        let identity = cluster.identity().await?;
        let bringup = Bringup { cx, cluster: &cluster, inputs: &inputs };
        let request = bringup.request(self.chart(&inputs)).await?;
        let outcome = reserved(cx, &cluster, bringup.run(&request)).await?;
        Ok(Applied {
            outputs: outputs(),
            identity: json!({"cluster": identity, "release": super::inputs::NAME, "revision": outcome.revision}),
            shortfall: None,
        })
    }

    async fn destroy(&self, cx: &UnitContext) -> Result<(), UnitError> {
        let cluster = ClusterAccess::read(&self.spec)?.connect(&self.spec, &self.outside, cx)?;
        destroy::destroy(cx, &cluster).await
    }

    async fn preflight(&self, cx: &UnitContext) -> Vec<Check> {
        let inputs = match Inputs::read(&self.spec) {
            Ok(inputs) => inputs,
            Err(error) => return vec![Check { name: "inputs".to_owned(), outcome: Err(chain(&error)) }],
        };
        let chart = self.chart_check(&inputs).await.map_err(|error| chain(&error));
        vec![
            crate::cluster_check::reachable(&inputs.cluster, &self.spec, &self.outside, cx).await,
            Check { name: "chart flux-operator".to_owned(), outcome: chart },
        ]
    }
}
