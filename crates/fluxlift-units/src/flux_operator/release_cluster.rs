//! The cluster as Helm's actions want it.

use async_trait::async_trait;
use fluxlift_core::Deadline;
use fluxlift_gate::GateContext;
use fluxlift_helm::action::{ClusterError, ReleaseCluster};
use fluxlift_helm::manifest::ObjectId;
use fluxlift_kube::{ApplyAs, Class, Cluster, Deletion, Kind, Object, ObjectRef, Query, RequestError, kind, persist};
use serde_json::Value;

/// How long a request that fails in passing is tried again.
const REQUEST: Deadline = Deadline::minutes(2);

/// Requests of a release, tried again in passing trouble.
#[derive(Debug)]
pub struct ReleaseRequests<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// The run.
    pub gates: &'a GateContext,
}

impl ReleaseRequests<'_> {
    async fn kind(&self, api_version: &str, kind: &str) -> Result<Option<Kind>, ClusterError> {
        let asked = persist(self.gates, self.cluster.seed(), REQUEST, || self.cluster.kind_of(api_version, kind)).await;
        match asked {
            Ok(kind) => Ok(Some(kind)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    async fn kind_of(&self, object: &Object) -> Result<Kind, ClusterError> {
        let (api_version, kind) = (object.api_version(), object.kind());
        self.kind(api_version, kind).await?.ok_or_else(|| {
            failed(RequestError::NotServed { kind: kind.to_owned(), api_version: api_version.to_owned() })
        })
    }

    async fn target(&self, id: &ObjectId) -> Result<Option<ObjectRef>, ClusterError> {
        let kind = self.kind(&id.api_version, &id.kind).await?;
        Ok(kind.map(|kind| ObjectRef { kind, namespace: id.namespace.clone(), name: id.name.clone() }))
    }
}

#[async_trait]
impl ReleaseCluster for ReleaseRequests<'_> {
    async fn is_namespaced(&self, api_version: &str, kind: &str) -> Result<Option<bool>, ClusterError> {
        Ok(self.kind(api_version, kind).await?.map(|kind| kind.is_namespaced()))
    }

    async fn get(&self, id: &ObjectId) -> Result<Option<Value>, ClusterError> {
        let Some(target) = self.target(id).await? else { return Ok(None) };
        let found = persist(self.gates, self.cluster.seed(), REQUEST, || self.cluster.get(&target)).await;
        Ok(found.map_err(failed)?.map(Object::into_json))
    }

    async fn secrets(&self, namespace: &str, labels: &str) -> Result<Vec<Value>, ClusterError> {
        let query = Query::all(kind::SECRET).within(namespace).labelled(labels);
        let found = persist(self.gates, self.cluster.seed(), REQUEST, || self.cluster.list(&query)).await;
        Ok(found.map_err(failed)?.iter().map(|secret| secret.json().clone()).collect())
    }

    async fn create(&self, object: &Value) -> Result<Value, ClusterError> {
        let object = Object::new(object.clone());
        let kind = self.kind_of(&object).await?;
        // Not repeated here: after a reply that was lost, the name is taken by ourselves.
        self.cluster.create(&kind, &object).await.map(Object::into_json).map_err(failed)
    }

    async fn update(&self, object: &Value) -> Result<Value, ClusterError> {
        let object = Object::new(object.clone());
        let kind = self.kind_of(&object).await?;
        self.cluster.replace(&kind, &object).await.map(Object::into_json).map_err(failed)
    }

    async fn apply(&self, object: &Value) -> Result<Value, ClusterError> {
        let object = Object::new(object.clone());
        let kind = self.kind_of(&object).await?;
        let act = || self.cluster.apply(&kind, &object, ApplyAs::OWNER);
        persist(self.gates, self.cluster.seed(), REQUEST, act).await.map(Object::into_json).map_err(failed)
    }

    async fn delete(&self, id: &ObjectId, uid: &str) -> Result<bool, ClusterError> {
        let Some(target) = self.target(id).await? else { return Ok(false) };
        let how = Deletion { uid: Some(uid.to_owned()), resource_version: None };
        persist(self.gates, self.cluster.seed(), REQUEST, || self.cluster.delete(&target, &how)).await.map_err(failed)
    }
}

fn failed(error: RequestError) -> ClusterError {
    if error.class() == Class::Conflict { ClusterError::conflict(error) } else { ClusterError::new(error) }
}
