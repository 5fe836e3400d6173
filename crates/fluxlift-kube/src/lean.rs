//! Reading no more of an object than a type has fields for.
//!
//! An [`Object`](crate::Object) keeps all of its JSON, which is right for a few and too much for ten thousand. Here the
//! caller's type says what is kept; the rest, specifications and managed fields, is skipped while it is parsed.

use kube::core::Request as Path;
use kube::core::params::{GetParams, ListParams};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::cluster::unbuildable;
use crate::error::RequestError;
use crate::verbs::{PAGE, PageMeta};
use crate::{Cluster, ObjectRef, Query};

/// How often a list is begun anew because the server forgot where its next page starts.
const BEGINNINGS: usize = 3;

#[derive(Deserialize)]
struct LeanPage<T> {
    metadata: PageMeta,
    #[serde(default = "Option::default")]
    items: Option<Vec<T>>,
}

impl Cluster {
    /// The fields that `T` has of one object; `None` when there is none of that name.
    ///
    /// # Errors
    /// When the server refuses or does not answer, or the object does not fit `T`.
    pub async fn get_lean<T: DeserializeOwned>(&self, target: &ObjectRef) -> Result<Option<T>, RequestError> {
        let doing = format!("get {target}");
        let request = Path::new(target.collection())
            .get(&target.name, &GetParams::default())
            .map_err(|e| unbuildable(&doing, e))?;
        match self.exchange(&doing, request).await {
            Ok(fields) => Ok(Some(fields)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The fields that `T` has of all objects that `query` selects, page by page. A list that the server forgot between
    /// two pages is begun anew.
    ///
    /// # Errors
    /// When the server refuses or does not answer, or an object does not fit `T`.
    pub async fn list_lean<T: DeserializeOwned>(&self, query: &Query) -> Result<Vec<T>, RequestError> {
        let mut beginning = 1;
        loop {
            match self.pages(query).await {
                Err(error) if error.is_gone() && beginning < BEGINNINGS => beginning += 1,
                other => return other,
            }
        }
    }

    async fn pages<T: DeserializeOwned>(&self, query: &Query) -> Result<Vec<T>, RequestError> {
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
            let page: LeanPage<T> = self.exchange(&doing, request).await?;
            all.extend(page.items.unwrap_or_default());
            match page.metadata.next() {
                Some(next) => params.continue_token = Some(next),
                None => return Ok(all),
            }
        }
    }
}
