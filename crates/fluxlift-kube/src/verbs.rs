//! What can be done to objects: get, list, create, apply, patch, delete.

use kube::core::Request as Path;
use kube::core::params::{DeleteParams, GetParams, Patch, PatchParams, PostParams, Preconditions, PropagationPolicy};
use serde_json::Value;

use crate::cluster::{FIELD_MANAGER, unbuildable};
use crate::error::RequestError;
use crate::{Cluster, Collection, Kind, Object, ObjectRef, Query};

/// How an object is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ApplyAs {
    /// Take fields over from other managers instead of failing with a conflict.
    pub force: bool,
    /// Only say what would come out.
    pub dry_run: bool,
}

impl ApplyAs {
    /// Takes over what others manage: for objects that are ours alone.
    pub const OWNER: Self = Self { force: true, dry_run: false };
    /// Takes over what others manage, but changes nothing.
    pub const REHEARSAL: Self = Self { force: true, dry_run: true };
}

/// How an object is deleted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Deletion {
    /// Only if it still has this UID.
    pub uid: Option<String>,
    /// Only if it is still at this resourceVersion.
    pub resource_version: Option<String>,
}

impl Deletion {
    /// Only this very object, not another of its name.
    pub fn of(object: &Object) -> Self {
        Self { uid: Some(object.uid().to_owned()), resource_version: None }
    }
}

impl Cluster {
    /// The object, or `None` when there is none of that name.
    ///
    /// # Errors
    /// When the server refuses or does not answer.
    pub async fn get(&self, target: &ObjectRef) -> Result<Option<Object>, RequestError> {
        match self.must_get(target).await {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The object; not to be there is an error.
    ///
    /// # Errors
    /// When it is not there, or the server refuses or does not answer.
    pub async fn must_get(&self, target: &ObjectRef) -> Result<Object, RequestError> {
        let doing = format!("get {target}");
        let request = Path::new(target.collection())
            .get(&target.name, &GetParams::default())
            .map_err(|e| unbuildable(&doing, e))?;
        self.exchange(&doing, request).await
    }

    /// All objects that `query` selects. A kind that the cluster does not serve is a 404.
    ///
    /// # Errors
    /// When the server refuses or does not answer.
    pub async fn list(&self, query: &Query) -> Result<Collection, RequestError> {
        self.list_at(query).await.map(|(objects, _)| objects)
    }

    /// The same, with the resourceVersion that the list is from.
    pub(crate) async fn list_at(&self, query: &Query) -> Result<(Collection, String), RequestError> {
        let (objects, version) = self.pages(query).await?;
        Ok((objects.into_iter().map(|object| complete(object, &query.kind)).collect(), version))
    }

    /// Creates `object` by POST: never adopts one that exists.
    ///
    /// # Errors
    /// When the name is taken, or the server refuses or does not answer.
    pub async fn create(&self, kind: &Kind, object: &Object) -> Result<Object, RequestError> {
        let target = object.reference(kind);
        let doing = format!("create {target}");
        let params = PostParams { dry_run: false, field_manager: Some(FIELD_MANAGER.to_owned()) };
        let request = Path::new(target.collection())
            .create(&params, object.json().to_string().into_bytes())
            .map_err(|e| unbuildable(&doing, e))?;
        self.once_served(|| self.exchange(&doing, request.clone())).await
    }

    /// Makes the fields of `object` so by server-side apply, creating it where needed.
    ///
    /// # Errors
    /// When another manager owns a field (and `how` does not force), or the server refuses or does not answer.
    pub async fn apply(&self, kind: &Kind, object: &Object, how: ApplyAs) -> Result<Object, RequestError> {
        let target = object.reference(kind);
        let doing = if how.dry_run { format!("rehearse {target}") } else { format!("apply {target}") };
        let params = PatchParams {
            dry_run: how.dry_run,
            force: how.force,
            field_manager: Some(FIELD_MANAGER.to_owned()),
            field_validation: None,
        };
        let request = Path::new(target.collection())
            .patch(&target.name, &params, &Patch::Apply(object.json()))
            .map_err(|e| unbuildable(&doing, e))?;
        self.once_served(|| self.exchange(&doing, request.clone())).await
    }

    /// Writes `object` over the one of its name. With a `resourceVersion` in it, only over that very version.
    ///
    /// # Errors
    /// When somebody else wrote meanwhile (a conflict), or the server refuses or does not answer.
    pub async fn replace(&self, kind: &Kind, object: &Object) -> Result<Object, RequestError> {
        let target = object.reference(kind);
        let doing = format!("replace {target}");
        let params = PostParams { dry_run: false, field_manager: Some(FIELD_MANAGER.to_owned()) };
        let request = Path::new(target.collection())
            .replace(&target.name, &params, object.json().to_string().into_bytes())
            .map_err(|e| unbuildable(&doing, e))?;
        self.exchange(&doing, request).await
    }

    /// Merges `patch` (RFC 7396) into the object.
    ///
    /// # Errors
    /// When the object is not there, or the server refuses or does not answer.
    pub async fn merge(&self, target: &ObjectRef, patch: &Value) -> Result<Object, RequestError> {
        self.merge_into(target, None, patch).await
    }

    /// Merges `patch` (RFC 7396) into the object's status.
    ///
    /// # Errors
    /// As [`Cluster::merge`].
    pub async fn merge_status(&self, target: &ObjectRef, patch: &Value) -> Result<Object, RequestError> {
        self.merge_into(target, Some("status"), patch).await
    }

    async fn merge_into(
        &self,
        target: &ObjectRef,
        subresource: Option<&str>,
        patch: &Value,
    ) -> Result<Object, RequestError> {
        let doing = format!("patch {target}");
        let params = PatchParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PatchParams::default() };
        let path = Path::new(target.collection());
        let request = match subresource {
            None => path.patch(&target.name, &params, &Patch::Merge(patch)),
            Some(subresource) => path.patch_subresource(subresource, &target.name, &params, &Patch::Merge(patch)),
        }
        .map_err(|e| unbuildable(&doing, e))?;
        self.exchange(&doing, request).await
    }

    /// Asks for the object's deletion. `false` when it is not there; finalizers may still hold it afterwards.
    ///
    /// # Errors
    /// When a precondition does not hold (a conflict), or the server refuses or does not answer.
    pub async fn delete(&self, target: &ObjectRef, how: &Deletion) -> Result<bool, RequestError> {
        let doing = format!("delete {target}");
        let preconditions = (*how != Deletion::default())
            .then(|| Preconditions { uid: how.uid.clone(), resource_version: how.resource_version.clone() });
        let params = DeleteParams {
            preconditions,
            propagation_policy: Some(PropagationPolicy::Background),
            ..DeleteParams::default()
        };
        let request =
            Path::new(target.collection()).delete(&target.name, &params).map_err(|e| unbuildable(&doing, e))?;
        match self.exchange_text(&doing, request).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Items of a list carry neither kind nor apiVersion: gives them back.
pub(crate) fn complete(mut object: Object, kind: &Kind) -> Object {
    let json = object.json_mut();
    if json["kind"].is_null() {
        json["kind"] = Value::from(kind.kind());
        json["apiVersion"] = Value::from(kind.api_version());
    }
    object
}
