//! HTTP repositories: `index.yaml`, and archives beside it.

use std::collections::BTreeMap;

use fluxlift_net::HttpClient;
use serde::Deserialize;

use super::client::{Get, bare};
use super::source::RepositoryEntry;
use super::{Digest, FetchError, Fetched, SourceError};
use crate::chart::Chart;
use crate::version::{Constraint, parse_loose};
use crate::yaml::from_yaml;

/// What is read of `index.yaml`.
#[derive(Deserialize)]
struct Index {
    #[serde(default)]
    entries: BTreeMap<String, Vec<Entry>>,
}

#[derive(Deserialize)]
struct Entry {
    version: String,
    #[serde(default)]
    urls: Vec<String>,
    #[serde(default)]
    digest: Option<String>,
}

/// Fetches a chart by way of the repository's index.
pub(super) async fn fetch(wanted: &RepositoryEntry, http: &HttpClient) -> Result<Fetched, FetchError> {
    let place = format!("{} of {}", wanted.chart, wanted.url);
    let what = format!("the index of {}", wanted.url);
    let unexpected =
        |url: &str, why: String| FetchError::Unexpected { what: what.clone(), url: bare(url).to_owned(), why };
    let url = format!("{}index.yaml", wanted.url);
    let get = Get { what: &what, url: url.clone(), accept: "*/*", token: None };
    let body = get.body(get.send(http).await?)?;
    let index = from_yaml(&String::from_utf8_lossy(&body)).map_err(|e| unexpected(&url, e.to_string()))?;
    let mut index: Index = serde_json::from_value(index).map_err(|e| unexpected(&url, e.to_string()))?;
    let constraint = wanted.version.as_deref().unwrap_or("*");
    let allowed = Constraint::parse(constraint).map_err(|_| SourceError::Version { given: constraint.to_owned() })?;
    let entries = index.entries.remove(&wanted.chart).unwrap_or_default();
    let mut versions: Vec<_> = entries.into_iter().filter_map(|e| Some((parse_loose(&e.version)?, e))).collect();
    versions.sort_by(|(a, _), (b, _)| b.cmp(a));
    let newest = versions.iter().take(5).map(|(_, entry)| entry.version.clone()).collect();
    let fits = versions.into_iter().find(|(version, _)| allowed.allows(version));
    let Some((_, entry)) = fits else {
        return Err(FetchError::NoVersion { place, wanted: constraint.to_owned(), newest });
    };
    let link = entry.urls.first().and_then(|link| wanted.url.join(link).ok());
    let link =
        link.ok_or_else(|| unexpected(&url, format!("{} {} has no usable address", wanted.chart, entry.version)))?;
    let digest =
        wanted.digest.clone().or_else(|| Digest::from_hex(entry.digest.as_deref()?.trim_start_matches("sha256:")));
    let fetched = fetch_archive(&link, digest.as_ref(), http).await?;
    let found = (fetched.chart.name(), fetched.chart.version());
    if found != (wanted.chart.as_str(), entry.version.as_str()) {
        let found = format!("{} {}", found.0, found.1);
        return Err(FetchError::OtherChart { place, wanted: entry.version, found });
    }
    Ok(fetched)
}

/// Fetches an archive, and checks it against its digest where one is known.
pub(super) async fn fetch_archive(
    url: &url::Url,
    digest: Option<&Digest>,
    http: &HttpClient,
) -> Result<Fetched, FetchError> {
    let what = format!("the chart {}", bare(url.as_str()));
    let get = Get { what: &what, url: url.to_string(), accept: "*/*", token: None };
    let body = get.body(get.send(http).await?)?;
    let found = Digest::of(&body);
    if let Some(expected) = digest.filter(|expected| **expected != found) {
        return Err(FetchError::DigestMismatch { what, expected: expected.clone(), found });
    }
    Ok(Fetched { chart: Chart::from_archive(&body)?, digest: Some(found) })
}
