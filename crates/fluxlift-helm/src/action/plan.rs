//! Planning: look, render, decide. Nothing is written.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value;

use super::{Action, ActionError, Decision, Desired, Request, decide};
use crate::manifest::{Object, ObjectId, Rendered, is_namespaced, render};
use crate::release::{History, label_selector};

/// How many objects are read at a time.
const LOOKS: usize = 8;

/// What would be done, and with which objects.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What is to be done.
    pub decision: Decision,
    /// The chart, rendered for the revision that will be deployed.
    pub rendered: Rendered,
    /// What is stored.
    pub history: History,
}

impl Action<'_> {
    /// Looks at what is stored and what is in the cluster, and decides.
    ///
    /// # Errors
    /// When the chart cannot be rendered, the history not read, or the cluster not asked.
    pub async fn plan(&self, request: &Request) -> Result<Plan, ActionError> {
        let history = self.history(request.name.as_str(), request.namespace.as_str()).await?;
        let rendering = |revision, is_upgrade| {
            let identity = request.identity().at(revision, is_upgrade);
            render(&request.chart, &request.values, &identity, &request.capabilities)
                .map_err(|source| ActionError::Render { release: request.title(), source: Box::new(source) })
        };
        // A manifest may name its revision: the comparison is with what this chart gives for the stored one.
        let last = history.last().map_or(1, |last| last.revision());
        let present = rendering(last, history.was_deployed_before(last))?;
        let missing = self.missing(request, &present).await?;
        let desired = Desired {
            chart: request.chart.name(),
            version: request.chart.version(),
            config: &request.values,
            manifest: &present.manifest(),
            missing: &missing,
        };
        let decision = decide(&history, &desired);
        let rendered = match decision.revision() {
            Some(revision) if !matches!(decision, Decision::None { .. }) => rendering(revision, decision.is_upgrade())?,
            _ => present,
        };
        Ok(Plan { decision, rendered, history })
    }

    pub(super) async fn history(&self, name: &str, namespace: &str) -> Result<History, ActionError> {
        let release = || format!("{namespace}/{name}");
        let selector = fluxlift_core::ReleaseName::new(name).map(|name| label_selector(&name)).unwrap_or_default();
        let secrets = self.cluster.secrets(namespace, &selector).await.map_err(|source| ActionError::Cluster {
            release: release(),
            doing: "reading its history".to_owned(),
            source,
        })?;
        History::from_secrets(&secrets).map_err(|source| ActionError::History { release: release(), source })
    }

    /// The objects that are not in the cluster.
    async fn missing(&self, request: &Request, rendered: &Rendered) -> Result<Vec<ObjectId>, ActionError> {
        let looked = self.look_at_all(request, &rendered.objects).await?;
        Ok(looked.into_iter().filter(|(_, live)| live.is_none()).map(|(id, _)| id).collect())
    }

    /// The live objects, in the order of `objects`, several read at a time.
    pub(super) async fn look_at_all(
        &self,
        request: &Request,
        objects: &[Object],
    ) -> Result<Vec<(ObjectId, Option<Value>)>, ActionError> {
        let namespace = request.namespace.as_str();
        let looks: Vec<_> = objects.iter().map(|object| self.look(request.title(), namespace, object)).collect();
        stream::iter(looks).buffered(LOOKS).try_collect().await
    }

    /// The live object, under its full name.
    pub(super) async fn look(
        &self,
        release: String,
        namespace: &str,
        object: &Object,
    ) -> Result<(ObjectId, Option<Value>), ActionError> {
        let failed = |id: &ObjectId, source| ActionError::Cluster { release, doing: format!("reading {id}"), source };
        let mut id = object.id();
        let namespaced = match is_namespaced(&id) {
            Some(known) => Some(known),
            None => match self.cluster.is_namespaced(&id.api_version, &id.kind).await {
                Ok(answer) => answer,
                Err(source) => return Err(failed(&id, source)),
            },
        };
        match namespaced {
            Some(true) => id.namespace = id.namespace.or_else(|| Some(namespace.to_owned())),
            Some(false) => id.namespace = None,
            // A kind that is not served has no objects.
            None => return Ok((id, None)),
        }
        match self.cluster.get(&id).await {
            Ok(live) => Ok((id, live)),
            Err(source) => Err(failed(&id, source)),
        }
    }
}
