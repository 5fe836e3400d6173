//! The cluster as Helm's actions want it.

use async_trait::async_trait;
use fluxlift_helm::action::{ClusterError, ReleaseCluster};
use fluxlift_helm::manifest::ObjectId;
use fluxlift_kube::{ApplyAs, Class, Cluster, Deletion, Kind, Object, ObjectRef, Query, RequestError, kind};
use serde_json::Value;

/// How often creating is tried when its reply is lost.
const TRIES: usize = 5;

/// Requests of a release.
#[derive(Debug)]
pub struct ReleaseRequests<'a> {
    cluster: &'a Cluster,
}

impl<'a> ReleaseRequests<'a> {
    /// Requests to `cluster`.
    pub const fn new(cluster: &'a Cluster) -> Self {
        Self { cluster }
    }

    async fn kind(&self, api_version: &str, kind: &str) -> Result<Option<Kind>, ClusterError> {
        match self.cluster.kind_of(api_version, kind).await {
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

    /// Creates an object. After a reply that was lost the name may be taken by ourselves: then what is there is what we
    /// sent, and nobody else can have sent the same.
    async fn create_once(&self, kind: &Kind, object: &Object) -> Result<Object, RequestError> {
        let mut lost = false;
        for _ in 1..TRIES {
            match self.cluster.create(kind, object).await {
                Err(error) if error.class() == Class::Transient => lost = true,
                Err(error) if lost && error.is_already_exists() => {
                    let live = self.cluster.must_get(&object.reference(kind)).await?;
                    return if holds(live.json(), object.json()) { Ok(live) } else { Err(error) };
                }
                other => return other,
            }
            // Reading is repeated until the server answers: the pace of the next try.
            self.cluster.get(&object.reference(kind)).await?;
        }
        self.cluster.create(kind, object).await
    }
}

impl ReleaseRequests<'_> {
    /// Replaces an object. After a reply that was lost the conflict may be with our own write: then it is already so.
    async fn replace(&self, kind: &Kind, object: &Object) -> Result<Object, RequestError> {
        let error = match self.cluster.replace(kind, object).await {
            Err(error) if error.class() == Class::Conflict => error,
            other => return other,
        };
        let mut ours = object.json().clone();
        ours["metadata"].as_object_mut().map(|metadata| metadata.remove("resourceVersion"));
        let live = self.cluster.get(&object.reference(kind)).await?.filter(|live| holds(live.json(), &ours));
        live.ok_or(error)
    }
}

/// Whether everything in `ours` is in `live` too.
fn holds(live: &Value, ours: &Value) -> bool {
    match (live, ours) {
        (Value::Object(live), Value::Object(ours)) => {
            ours.iter().all(|(key, value)| live.get(key).is_some_and(|live| holds(live, value)))
        }
        _ => live == ours,
    }
}

#[async_trait]
impl ReleaseCluster for ReleaseRequests<'_> {
    async fn is_namespaced(&self, api_version: &str, kind: &str) -> Result<Option<bool>, ClusterError> {
        Ok(self.kind(api_version, kind).await?.map(|kind| kind.is_namespaced()))
    }

    async fn get(&self, id: &ObjectId) -> Result<Option<Value>, ClusterError> {
        let Some(target) = self.target(id).await? else { return Ok(None) };
        Ok(self.cluster.get(&target).await.map_err(failed)?.map(Object::into_json))
    }

    async fn secrets(&self, namespace: &str, labels: &str) -> Result<Vec<Value>, ClusterError> {
        let query = Query::all(kind::SECRET).within(namespace).labelled(labels);
        let found = self.cluster.list(&query).await.map_err(failed)?;
        Ok(found.iter().map(|secret| secret.json().clone()).collect())
    }

    async fn create(&self, object: &Value) -> Result<Value, ClusterError> {
        let object = Object::new(object.clone());
        let kind = self.kind_of(&object).await?;
        self.create_once(&kind, &object).await.map(Object::into_json).map_err(failed)
    }

    async fn update(&self, object: &Value) -> Result<Value, ClusterError> {
        let object = Object::new(object.clone());
        let kind = self.kind_of(&object).await?;
        self.replace(&kind, &object).await.map(Object::into_json).map_err(failed)
    }

    async fn apply(&self, object: &Value) -> Result<Value, ClusterError> {
        let object = Object::new(object.clone());
        let kind = self.kind_of(&object).await?;
        self.cluster.apply(&kind, &object, ApplyAs::OWNER).await.map(Object::into_json).map_err(failed)
    }

    async fn delete(&self, id: &ObjectId, uid: &str) -> Result<bool, ClusterError> {
        let Some(target) = self.target(id).await? else { return Ok(false) };
        let how = Deletion { uid: Some(uid.to_owned()), resource_version: None };
        self.cluster.delete(&target, &how).await.map_err(failed)
    }
}

fn failed(error: RequestError) -> ClusterError {
    if error.class() == Class::Conflict { ClusterError::conflict(error) } else { ClusterError::new(error) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_server_added_does_not_matter() {
        let ours = json!({"metadata": {"name": "a", "labels": {"owner": "helm"}}, "data": {"release": "x"}});
        let mut live = ours.clone();
        live["metadata"]["uid"] = json!("u");
        assert!(holds(&live, &ours));
        live["data"]["release"] = json!("somebody else's");
        assert!(!holds(&live, &ours));
    }
}
