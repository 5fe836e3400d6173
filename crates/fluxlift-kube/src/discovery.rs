//! From what a manifest says (`apiVersion`, `kind`) to a [`Kind`].

use std::collections::BTreeSet;
use std::sync::PoisonError;

use http::Request;
use serde_json::Value;

use crate::cluster::unbuildable;
use crate::error::RequestError;
use crate::{Cluster, Kind, Object};

impl Cluster {
    /// The kind that a manifest's `apiVersion` and `kind` name.
    ///
    /// Built-in kinds are known; for others only their own group and version is asked, once: a whole-cluster discovery
    /// fails when a single aggregated API is down.
    ///
    /// # Errors
    /// When the cluster does not serve it, or does not answer.
    pub async fn kind_of(&self, api_version: &str, kind: &str) -> Result<Kind, RequestError> {
        if let Some(known) = Kind::builtin(api_version, kind) {
            return Ok(known.clone());
        }
        let key = (api_version.to_owned(), kind.to_owned());
        if let Some(found) = self.inner.kinds.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(found.clone());
        }
        let found = self.discover(api_version, kind).await?;
        self.inner.kinds.lock().unwrap_or_else(PoisonError::into_inner).insert(key, found.clone());
        Ok(found)
    }

    /// The groups and versions that the cluster serves, such as `v1` and `apps/v1`.
    ///
    /// # Errors
    /// When the server refuses or does not answer.
    pub async fn api_versions(&self) -> Result<BTreeSet<String>, RequestError> {
        let doing = "list API groups";
        let request = Request::get("/apis").body(Vec::new()).map_err(|e| unbuildable(doing, e))?;
        let groups: Object = self.exchange(doing, request).await?;
        let versions =
            groups.items("/groups").iter().flat_map(|group| group["versions"].as_array().into_iter().flatten());
        let names = versions.filter_map(|version| version["groupVersion"].as_str().map(str::to_owned));
        Ok(names.chain(["v1".to_owned()]).collect())
    }

    async fn discover(&self, api_version: &str, kind: &str) -> Result<Kind, RequestError> {
        let doing = format!("discover {kind} in {api_version}");
        let not_served = || RequestError::NotServed { kind: kind.to_owned(), api_version: api_version.to_owned() };
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let root = if group.is_empty() { "api" } else { "apis" };
        let request =
            Request::get(format!("/{root}/{api_version}")).body(Vec::new()).map_err(|e| unbuildable(&doing, e))?;
        let resources: Object = match self.exchange(&doing, request).await {
            Err(error) if error.is_not_found() => return Err(not_served()),
            other => other?,
        };
        resources
            .items("/resources")
            .iter()
            .find(|r| r["kind"] == kind && r["name"].as_str().is_some_and(|name| !name.contains('/')))
            .map(|r| {
                let plural = r["name"].as_str().unwrap_or_default();
                Kind::discovered(group, version, kind, plural, r["namespaced"] == Value::Bool(true))
            })
            .ok_or_else(not_served)
    }
}
