//! Installing the chart, and proving what it brought.

use fluxlift_core::Deadline;
use fluxlift_engine::unit::{UnitContext, UnitError};
use fluxlift_flux::kinds::NAMESPACE;
use fluxlift_flux::report::{self, FreshReport};
use fluxlift_gate::{GateError, ObserveError};
use fluxlift_helm::action::{Action, Decision, Outcome, Plan, Request};
use fluxlift_helm::chart::Chart;
use fluxlift_helm::template::Capabilities;
use fluxlift_kube::gates::{Established, NodeReady, RolledOut, Rollout};
use fluxlift_kube::{Cluster, Deletion, ObjectRef, Query, RequestError, kind};
use futures::StreamExt as _;
use futures::future::try_join_all;

use super::Inputs;
use super::inputs::NAME;
use super::release_cluster::ReleaseRequests;
use crate::intent::intend;

/// How long the first node may take: its network comes with a large image.
const NODE: Deadline = Deadline::minutes(45);
/// How long the Deployment may take, image included.
const ROLLOUT: Deadline = Deadline::minutes(15);
/// How long a definition may take to be served.
const DEFINITION: Deadline = Deadline::minutes(2);
/// How long the new leader may take to write its report: an old one's Lease may have to run out first.
const REPORT: Deadline = Deadline::minutes(5);

/// One bring-up in progress.
#[derive(Debug)]
pub struct Bringup<'a> {
    /// The engine's context.
    pub cx: &'a UnitContext,
    /// The cluster.
    pub cluster: &'a Cluster,
    /// The unit's inputs.
    pub inputs: &'a Inputs,
}

impl Bringup<'_> {
    /// Describes the release of `chart`.
    ///
    /// # Errors
    /// When the chart cannot be had or the cluster does not answer.
    pub async fn request(&self, chart: impl Future<Output = Result<Chart, UnitError>>) -> Result<Request, UnitError> {
        let capabilities = async {
            let (version, served) = tokio::try_join!(self.cluster.version(), self.cluster.api_versions())?;
            Ok::<_, UnitError>(Capabilities::new(version, served))
        };
        let (chart, capabilities) = tokio::try_join!(chart, capabilities)?;
        let (name, namespace) = Inputs::release()?;
        let values = self.inputs.flux_operator_values.clone();
        Ok(Request::new(name, namespace, chart, values, capabilities))
    }

    /// What the release would need.
    ///
    /// # Errors
    /// When it cannot be rendered or compared.
    pub async fn plan(&self, request: &Request) -> Result<Plan, UnitError> {
        Ok(self.action(&self.requests()).plan(request).await?)
    }

    /// Installs or upgrades, and proves it.
    ///
    /// # Errors
    /// When no node is ready, the release is refused, or a gate is not proven.
    pub async fn run(&self, request: &Request) -> Result<Outcome, UnitError> {
        let gates = &self.cx.gates;
        gates.prove(&NodeReady, NODE.min(self.cx.deadline), self.cluster.observe(Query::all(kind::NODE))).await?;
        let requests = self.requests();
        let action = self.action(&requests);
        let plan = action.plan(request).await?;
        let renews = match plan.decision {
            // Nobody was there to write one before; what may lie around of an earlier install is not believed.
            Decision::Install { .. } => self.cluster.get(&report::target()).await?.is_some(),
            // Where we proved the report once and change nothing, it may stay.
            Decision::None { .. } => self.cx.prior.is_none(),
            _ => true,
        };
        if matches!(plan.decision, Decision::Install { .. }) {
            intend(self.cx, "release.install", NAME)?;
        }
        let crds: Vec<String> = plan.rendered.crds().collect();
        let version = Inputs::expected_version(&request.chart);
        let outcome = action.run(request, &plan, || self.prove(&crds, version, renews)).await?;
        Ok(outcome)
    }

    /// The gates of a release: it rolled out, its definitions are served, its leader writes.
    async fn prove(&self, crds: &[String], version: &str, renews: bool) -> Result<(), GateError> {
        let gates = &self.cx.gates;
        let served = crds.iter().map(|name| {
            let target = ObjectRef::cluster(kind::CRD, name.clone());
            async { gates.prove(&Established::new(name.clone()), DEFINITION, self.cluster.observe_one(target)).await }
        });
        tokio::try_join!(try_join_all(served), self.rolled_out())?;
        // A report from before the end of the rollout may be the old leader's.
        let stale = if renews { self.renew().await? } else { None };
        let gate = FreshReport::new(stale, version);
        gates.prove(&gate, REPORT, self.cluster.observe_one(report::target())).await?;
        Ok(())
    }

    async fn rolled_out(&self) -> Result<(), GateError> {
        let target = deployment();
        let labels = format!("app.kubernetes.io/instance={NAME}");
        let seen = self.cluster.observe_all(Rollout::queries(&target, &labels));
        let seen = seen.map(|parts| parts.map(|parts| Rollout::from_collections(&parts)));
        self.cx.gates.prove(&RolledOut::new(target), ROLLOUT, seen).await?;
        Ok(())
    }

    /// Deletes the report of before, so that what comes next is written by the leader of now.
    async fn renew(&self) -> Result<Option<String>, GateError> {
        let before = self.cluster.get(&report::target()).await.map_err(blind)?;
        let Some(uid) = before.map(|report| report.uid().to_owned()) else { return Ok(None) };
        let how = Deletion { uid: Some(uid.clone()), resource_version: None };
        let deleted = self.cluster.delete(&report::target(), &how).await;
        match deleted {
            // A conflict: another one has taken its place already.
            Ok(_) => self.cx.gates.events.step("renewed", report::target().to_string()),
            Err(error) if error.class() == fluxlift_kube::Class::Conflict => {}
            Err(error) => return Err(blind(error)),
        }
        Ok(Some(uid))
    }

    fn requests(&self) -> ReleaseRequests<'_> {
        ReleaseRequests::new(self.cluster)
    }

    fn action<'b>(&self, requests: &'b ReleaseRequests<'_>) -> Action<'b> {
        Action::new(requests, std::sync::Arc::clone(&self.cx.gates.clock), self.cx.gates.events.clone())
    }
}

/// The operator's Deployment: the chart names it after the release.
pub fn deployment() -> ObjectRef {
    ObjectRef::namespaced(kind::DEPLOYMENT, NAMESPACE, NAME)
}

/// A request that a gate depends on failed: the gate is blind.
fn blind(error: RequestError) -> GateError {
    use fluxlift_core::{Gate as _, Verdict};
    GateError::Blind {
        gate: FreshReport::new(None, "").name(),
        waited: std::time::Duration::ZERO,
        last: Verdict::pending("the report from before is still there"),
        source: ObserveError::from(error),
    }
}
