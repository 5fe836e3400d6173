//! A list, page by page.

use kube::core::Request as Path;
use kube::core::params::ListParams;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::cluster::unbuildable;
use crate::error::RequestError;
use crate::{Cluster, Query};

/// How many objects a page has at most.
const PAGE: u32 = 500;

/// How often a list is begun because the server forgot where its next page starts.
const BEGINNINGS: usize = 3;

#[derive(Deserialize)]
struct Page<T> {
    metadata: PageMeta,
    #[serde(default = "Option::default")]
    items: Option<Vec<T>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct PageMeta {
    #[serde(default)]
    resource_version: Option<String>,
    #[serde(default, rename = "continue")]
    next: Option<String>,
}

impl Cluster {
    /// All that `query` selects, each as a `T`, and the resourceVersion that the list is from. A list that the server
    /// forgot between two pages is begun anew.
    ///
    /// # Errors
    /// When the server refuses or does not answer, or an object does not fit `T`.
    pub(crate) async fn pages<T: DeserializeOwned>(&self, query: &Query) -> Result<(Vec<T>, String), RequestError> {
        let mut beginning = 1;
        loop {
            match self.pages_once(query).await {
                Err(error) if error.is_gone() && beginning < BEGINNINGS => beginning += 1,
                other => return other,
            }
        }
    }

    async fn pages_once<T: DeserializeOwned>(&self, query: &Query) -> Result<(Vec<T>, String), RequestError> {
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
            let page: Page<T> = self.exchange(&doing, request).await?;
            all.extend(page.items.unwrap_or_default());
            match page.metadata.next.filter(|next| !next.is_empty()) {
                Some(next) => params.continue_token = Some(next),
                None => return Ok((all, page.metadata.resource_version.unwrap_or_default())),
            }
        }
    }
}
