//! What can be done to objects: get, list, create, apply, patch, delete.

use kube::core::Request as Path;
use kube::core::params::{
    DeleteParams, GetParams, ListParams, Patch, PatchParams, PostParams, Preconditions, PropagationPolicy,
};
use serde::Deserialize;
use serde_json::Value;

use crate::cluster::{FIELD_MANAGER, unbuildable};
use crate::error::RequestError;
use crate::{Cluster, Collection, Kind, Object, ObjectRef, Query};

/// How many objects a list asks for at a time.
pub(crate) const PAGE: u32 = 500;

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

#[derive(Deserialize)]
struct Page {
    metadata: PageMeta,
    #[serde(default)]
    items: Option<Vec<Object>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PageMeta {
    #[serde(default)]
    resource_version: Option<String>,
    #[serde(default, rename = "continue")]
    next: Option<String>,
}

impl PageMeta {
    /// Where the next page starts; `None` after the last.
    pub(crate) fn next(self) -> Option<String> {
        self.next.filter(|next| !next.is_empty())
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
        let doing = format!("list {query}");
        let path = Path::new(query.kind.path(query.namespace.as_deref()));
        let mut params = ListParams {
            label_selector: query.labels.clone(),
            field_selector: query.fields(),
            limit: Some(PAGE),
            ..ListParams::default()
        };
        let mut all = Vec::new();
        loop {
            let request = path.list(&params).map_err(|e| unbuildable(&doing, e))?;
            let page: Page = self.exchange(&doing, request).await?;
            all.extend(page.items.unwrap_or_default().into_iter().map(|item| complete(item, &query.kind)));
            match page.metadata.next.filter(|next| !next.is_empty()) {
                Some(next) => params.continue_token = Some(next),
                None => {
                    return Ok((all.into_iter().collect(), page.metadata.resource_version.unwrap_or_default()));
                }
            }
        }
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
        self.exchange(&doing, request).await
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
        self.exchange(&doing, request).await
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
