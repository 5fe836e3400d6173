//! What comes before the objects: flux-operator, the FluxInstance, the controllers.

use fluxlift_core::Timestamp;
use fluxlift_kube::gates::rollout;
use fluxlift_kube::{Class, Cluster, Collection, Object, Query, RequestError};
use futures::future::try_join;

use super::row::Row;
use crate::Component;
use crate::annotation::UNPROVEN;
use crate::controllers::Controllers;
use crate::diagnosis::{Standing, Workforce};
use crate::instance;
use crate::kinds::{FLUX_INSTANCE, NAMESPACE};
use crate::ready::{self, Readiness};
use crate::sync::live_sync;

/// The name of the operator's Deployment, unless its Helm release has another.
const OPERATOR: &str = "flux-operator";
/// What every Deployment of the operator's chart is labelled with.
const NAME: &str = "app.kubernetes.io/name";

/// Operator, instance and controllers as they were seen together.
#[derive(Debug, Clone, Default)]
pub struct Chain {
    controllers: Option<Controllers>,
    /// `None` where the kind is not served.
    instances: Option<Collection>,
    /// What could not be read for want of permission.
    pub(super) unread: Vec<String>,
}

impl Chain {
    /// Reads them. With `leniently`, what the user may not read is left out and listed.
    pub(super) async fn look(cluster: &Cluster, leniently: bool) -> Result<Self, super::StatusError> {
        let instances = Query::all(FLUX_INSTANCE).within(NAMESPACE);
        let both = try_join(async { lenient(Controllers::look(cluster).await, leniently) }, async {
            lenient(cluster.list(&instances).await, leniently)
        });
        let (controllers, instances) = both.await?;
        let mut chain = Self::default();
        match controllers {
            Read::Found(controllers) => chain.controllers = Some(controllers),
            Read::NotThere => {}
            Read::Forbidden => chain.unread.push(format!("the controllers in {NAMESPACE}")),
        }
        match instances {
            Read::Found(instances) => chain.instances = Some(instances),
            Read::NotThere => {}
            Read::Forbidden => chain.unread.push(format!("the FluxInstance in {NAMESPACE}")),
        }
        Ok(chain)
    }

    /// Whether none of it is there.
    pub(super) fn is_empty(&self) -> bool {
        let nothing = |controllers: &Controllers| {
            operator(controllers).is_none()
                && Component::ALL.into_iter().all(|component| controllers.deployments_of(component).next().is_none())
        };
        self.instances.is_none() && self.controllers.as_ref().is_none_or(nothing)
    }

    /// What a diagnosis has to know of the controllers.
    pub(super) fn workforce(&self) -> Workforce {
        self.controllers.as_ref().map(Workforce::of).unwrap_or_default()
    }

    /// The Pod that leads a controller's Deployment.
    pub(crate) fn leading_pod(&self, deployment: &str) -> Option<String> {
        let leaders = self.controllers.as_ref()?.leading_pods();
        leaders.into_iter().find_map(|(name, pod)| (name == deployment).then_some(pod))
    }

    /// The controllers that are there.
    pub fn components(&self) -> Vec<Component> {
        let is_there = |component: &Component| {
            self.controllers.as_ref().is_some_and(|seen| seen.deployments_of(*component).next().is_some())
        };
        Component::ALL.into_iter().filter(is_there).collect()
    }

    fn instance(&self) -> Option<&Object> {
        self.instances.as_ref()?.get(Some(NAMESPACE), "flux")
    }

    /// The operator. A cluster without FluxInstances needs none.
    pub(super) fn operator(&self, now: Timestamp) -> Option<Row> {
        let controllers = self.controllers.as_ref()?;
        let Some(found) = operator(controllers) else {
            self.instances.as_ref()?;
            let row = Row::unmet(
                "Deployment",
                NAMESPACE,
                OPERATOR,
                "NotInstalled",
                "its FluxInstance kind is there, and it is not",
            );
            return Some(row.helped(
                Standing::Stuck,
                format!("helm install {OPERATOR} -n {NAMESPACE} oci://ghcr.io/controlplaneio-fluxcd/charts/{OPERATOR}"),
            ));
        };
        Some(deployment(found, not_rolled_out(controllers, found), now))
    }

    /// The instance; `None` in a cluster that has no such kind.
    pub(super) fn instance_row(&self, now: Timestamp) -> Option<Row> {
        self.instances.as_ref()?;
        let describe = format!("kubectl describe -n {NAMESPACE} fluxinstance/flux");
        let Some(found) = self.instance() else {
            let row = Row::unmet(
                "FluxInstance",
                NAMESPACE,
                "flux",
                "Missing",
                "flux-operator is there and has nothing to do",
            );
            return Some(row.helped(Standing::Stuck, "fluxlift bootstrap --help".to_owned()));
        };
        let readiness = Readiness::of_instance(found);
        let row = |reason, why: String| Row::unmet("FluxInstance", NAMESPACE, "flux", reason, why);
        let since = found.condition("Ready").and_then(|ready| ready.since());
        let row = if found.is_terminating() {
            row("Deleting", "is being deleted".to_owned()).helped(Standing::Pending, describe)
        } else if let Some(stalled) = ready::stalled(found) {
            row("Refused", stalled.to_string()).helped(Standing::Stuck, describe)
        } else if !readiness.is_ready() {
            row("NotReady", readiness.to_string()).helped(Standing::Pending, describe)
        } else if found.annotation(UNPROVEN).is_some() {
            let why = "it was changed by a run that did not end, and its controllers are not proven since".to_owned();
            row("Unproven", why).helped(Standing::Stuck, "fluxlift resume".to_owned())
        } else {
            Row::proven("FluxInstance", NAMESPACE, "flux")
        };
        Some(row.since(since, now))
    }

    /// Whether Flux should follow something: then an empty delivery proves nothing.
    pub(super) fn has_sync(&self) -> bool {
        self.instance().is_some_and(|instance| live_sync(instance).is_some())
    }

    /// The controllers: those that are there, and those that the instance wants and that are not.
    pub(super) fn controllers(&self, now: Timestamp) -> Vec<Row> {
        let Some(controllers) = &self.controllers else { return Vec::new() };
        let wanted = self.instance().map(instance::components).unwrap_or_default();
        let rows = Component::ALL.into_iter().flat_map(|component| {
            let mut found: Vec<Row> = controllers
                .deployments_of(component)
                .map(|found| {
                    let trouble = controllers.trouble(component, found.name(), std::time::Duration::ZERO);
                    deployment(found, trouble, now)
                })
                .collect();
            if found.is_empty() && wanted.contains(&component) {
                let row = Row::unmet(
                    "Deployment",
                    NAMESPACE,
                    component.name(),
                    "Missing",
                    "the FluxInstance wants it, and it does not exist",
                );
                found.push(row.helped(Standing::Pending, format!("kubectl describe -n {NAMESPACE} fluxinstance/flux")));
            }
            found
        });
        rows.collect()
    }
}

/// The operator's Deployment.
pub(crate) fn operator(controllers: &Controllers) -> Option<&Object> {
    controllers.deployments().find(|found| found.label(NAME) == Some(OPERATOR) || found.name() == OPERATOR)
}

/// Why a Deployment is not rolled out; `None` when it is.
pub(crate) fn not_rolled_out(controllers: &Controllers, found: &Object) -> Option<String> {
    let missing = rollout::missing(found)?;
    let pods: Collection = controllers.pods_of(found).cloned().collect();
    Some(rollout::trouble(&pods).map_or_else(|| missing.clone(), |cause| format!("{missing}; {cause}")))
}

fn deployment(found: &Object, trouble: Option<String>, now: Timestamp) -> Row {
    let since = found.condition("Available").and_then(|available| available.since());
    let name = found.name();
    let Some(trouble) = trouble else { return Row::proven("Deployment", NAMESPACE, name).since(since, now) };
    // Kubernetes itself has given it up.
    let given_up = found.condition("Progressing").is_some_and(|progressing| progressing.status() == "False");
    let standing = if given_up { Standing::Stuck } else { Standing::Pending };
    let logs = format!("kubectl logs -n {NAMESPACE} deployment/{name} --tail=50");
    Row::unmet("Deployment", NAMESPACE, name, "NotWorking", trouble).helped(standing, logs).since(since, now)
}

/// What came of reading something that may not be there, or may not be read.
enum Read<T> {
    Found(T),
    NotThere,
    Forbidden,
}

fn lenient<T>(read: Result<T, RequestError>, leniently: bool) -> Result<Read<T>, RequestError> {
    match read {
        Ok(found) => Ok(Read::Found(found)),
        Err(error) if error.is_not_found() => Ok(Read::NotThere),
        Err(error) if leniently && error.class() == Class::Forbidden => Ok(Read::Forbidden),
        Err(error) => Err(error),
    }
}
