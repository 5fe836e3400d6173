//! Pulling a chart from an OCI registry.

use bytes::Bytes;
use fluxlift_core::Secret;
use fluxlift_net::{HttpClient, Response};
use http::{StatusCode, header};
use serde::Deserialize;

use super::challenge::Challenge;
use super::client::{Get, bare};
use super::source::OciReference;
use super::{Digest, FetchError, Fetched};
use crate::chart::Chart;
use crate::version::{Constraint, parse_loose};

/// Media type of the manifest that a chart has.
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// Media type of a chart's metadata.
const CONFIG: &str = "application/vnd.cncf.helm.config.v1+json";
/// Media types of a packed chart, the older one last.
const CHARTS: [&str; 2] = ["application/vnd.cncf.helm.chart.content.v1.tar+gzip", "application/tar+gzip"];
/// How many pages of tags are read at most.
const PAGES: usize = 100;

/// What a manifest says of a chart.
#[derive(Deserialize)]
struct Manifest {
    config: Descriptor,
    layers: Vec<Descriptor>,
}

/// What a manifest points at.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: String,
    digest: String,
}

#[derive(Deserialize)]
struct Tags {
    #[serde(default)]
    tags: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

/// A registry as one pull sees it: where it is, and the token that it gave.
struct Pull<'a> {
    reference: &'a OciReference,
    http: &'a HttpClient,
    token: Option<Secret<String>>,
}

/// Pulls the chart: tag to manifest to layer, with every digest checked.
pub(super) async fn fetch(reference: &OciReference, http: &HttpClient) -> Result<Fetched, FetchError> {
    let mut pull = Pull { reference, http, token: None };
    let tag = match &reference.digest {
        Some(digest) => digest.to_string(),
        None => pull.tag(reference.version.as_deref()).await?,
    };
    let what = format!("the manifest of {reference}");
    let (url, body) = match pull.get(&what, &format!("manifests/{tag}"), MANIFEST).await {
        Err(error @ FetchError::Status { status: 404, .. }) => return Err(pull.moved().await.unwrap_or(error)),
        other => other?,
    };
    let digest = Digest::of(&body);
    if let Some(expected) = reference.digest.as_ref().filter(|expected| **expected != digest) {
        return Err(FetchError::DigestMismatch { what, expected: expected.clone(), found: digest });
    }
    let unexpected = |why: String| FetchError::Unexpected { what: what.clone(), url: bare(&url).to_owned(), why };
    let manifest: Manifest =
        serde_json::from_slice(&body).map_err(|e| unexpected(format!("it is no manifest ({e})")))?;
    if manifest.config.media_type != CONFIG {
        return Err(unexpected(format!("it describes a {}, not a Helm chart", manifest.config.media_type)));
    }
    let layer = manifest.layers.iter().find(|layer| CHARTS.contains(&layer.media_type.as_str()));
    let layer = layer.ok_or_else(|| unexpected("it has no layer with a chart".to_owned()))?;
    let archive = pull.blob(layer).await?;
    let chart = Chart::from_archive(&archive)?;
    check_version(reference, &chart)?;
    Ok(Fetched { chart, digest: Some(digest) })
}

impl Pull<'_> {
    /// The tag of a version; the newest one that fits where it is a constraint.
    async fn tag(&mut self, version: Option<&str>) -> Result<String, FetchError> {
        match version {
            Some(version) if is_exact(version) => Ok(version.replace('+', "_")),
            version => self.resolve(version.unwrap_or("*")).await,
        }
    }

    /// What there is in place of a pinned manifest that is not there.
    async fn moved(&mut self) -> Option<FetchError> {
        let OciReference { registry, repository, version, digest } = self.reference;
        let (version, pinned) = (version.clone()?, digest.clone()?);
        let tag = self.tag(Some(&version)).await.ok()?;
        let (_, body) = self.get("the manifest", &format!("manifests/{tag}"), MANIFEST).await.ok()?;
        let place = format!("oci://{registry}/{repository}");
        Some(FetchError::PinMoved { place, version, pinned, found: Digest::of(&body) })
    }

    /// The newest tag that the constraint allows.
    async fn resolve(&mut self, wanted: &str) -> Result<String, FetchError> {
        let constraint =
            Constraint::parse(wanted).map_err(|_| super::SourceError::Version { given: wanted.to_owned() })?;
        let mut found: Vec<(semver::Version, String)> = Vec::new();
        let mut page = "tags/list".to_owned();
        for _ in 0..PAGES {
            let what = format!("the tags of {}", self.reference);
            let response = self.answer(&what, &page, "application/json").await?;
            let next = next_page(&response);
            let (url, body) = self.good(&what, &page, response)?;
            let tags: Tags = serde_json::from_slice(&body).map_err(|e| FetchError::Unexpected {
                what,
                url: bare(&url).to_owned(),
                why: format!("it is no list of tags ({e})"),
            })?;
            found.extend(tags.tags.into_iter().flatten().filter_map(|tag| {
                let version = semver::Version::parse(tag.replace('_', "+").trim_start_matches('v')).ok()?;
                Some((version, tag))
            }));
            match next {
                Some(query) => page = format!("tags/list?{query}"),
                None => break,
            }
        }
        found.sort();
        let fits = found.iter().rev().find(|(version, _)| constraint.allows(version));
        fits.map(|(_, tag)| tag.clone()).ok_or_else(|| FetchError::NoVersion {
            place: format!("oci://{}/{}", self.reference.registry, self.reference.repository),
            wanted: wanted.to_owned(),
            newest: found.iter().rev().take(5).map(|(_, tag)| tag.clone()).collect(),
        })
    }

    /// A blob, checked against its digest.
    async fn blob(&mut self, descriptor: &Descriptor) -> Result<Bytes, FetchError> {
        let expected: Digest = descriptor.digest.parse()?;
        let what = format!("the chart {}", self.reference);
        let (_, body) = self.get(&what, &format!("blobs/{expected}"), "*/*").await?;
        let found = Digest::of(&body);
        if found == expected { Ok(body) } else { Err(FetchError::DigestMismatch { what, expected, found }) }
    }

    async fn get(&mut self, what: &str, path: &str, accept: &str) -> Result<(String, Bytes), FetchError> {
        let response = self.answer(what, path, accept).await?;
        self.good(what, path, response)
    }

    fn good(&self, what: &str, path: &str, response: Response) -> Result<(String, Bytes), FetchError> {
        let get = Get { what, url: self.url(path), accept: "", token: None };
        let body = get.body(response)?;
        Ok((get.url, body))
    }

    /// The answer to one request; a challenge is met once, by a token.
    async fn answer(&mut self, what: &str, path: &str, accept: &str) -> Result<Response, FetchError> {
        let url = self.url(path);
        let response = Get { what, url: url.clone(), accept, token: self.token.as_ref() }.send(self.http).await?;
        if response.status != StatusCode::UNAUTHORIZED || self.token.is_some() {
            return Ok(response);
        }
        let headers = response.headers.get_all(header::WWW_AUTHENTICATE);
        let challenge = headers.iter().filter_map(|value| value.to_str().ok()).find_map(Challenge::parse);
        match challenge {
            None => Ok(response),
            Some(challenge) => {
                self.token = Some(self.ask_for_token(&challenge).await?);
                Get { what, url, accept, token: self.token.as_ref() }.send(self.http).await
            }
        }
    }

    async fn ask_for_token(&self, challenge: &Challenge) -> Result<Secret<String>, FetchError> {
        let what = format!("a token for {}", self.reference.registry);
        let unexpected = |url: &str, why: &str| FetchError::Unexpected {
            what: what.clone(),
            url: bare(url).to_owned(),
            why: why.to_owned(),
        };
        let mut url = url::Url::parse(&challenge.realm)
            .map_err(|_| unexpected(&challenge.realm, "the registry names no usable address for tokens"))?;
        if url.scheme() != "https" && !self.reference.registry.is_loopback() {
            return Err(unexpected(url.as_str(), "the registry gives tokens out over plain HTTP"));
        }
        let scope = challenge.scope.clone().unwrap_or_else(|| format!("repository:{}:pull", self.reference.repository));
        {
            let mut query = url.query_pairs_mut();
            query.extend_pairs(challenge.service.iter().map(|service| ("service", service.as_str())));
            query.append_pair("scope", &scope);
        }
        let get = Get { what: &what, url: url.to_string(), accept: "application/json", token: None };
        let body = get.body(get.send(self.http).await?)?;
        let token: Token = serde_json::from_slice(&body).map_err(|_| unexpected(&get.url, "it is no token"))?;
        let token = token.token.or(token.access_token).map(Secret::new);
        token.ok_or_else(|| unexpected(&get.url, "it holds no token"))
    }

    fn url(&self, path: &str) -> String {
        let OciReference { registry, repository, .. } = self.reference;
        let scheme = if registry.is_loopback() { "http" } else { "https" };
        format!("{scheme}://{registry}/v2/{repository}/{path}")
    }
}

fn is_exact(version: &str) -> bool {
    semver::Version::parse(version.trim_start_matches('v')).is_ok()
}

/// The query of the next page, from the `Link` header.
fn next_page(response: &Response) -> Option<String> {
    let link = response.headers.get(header::LINK)?.to_str().ok()?;
    let (target, rest) = link.trim().strip_prefix('<')?.split_once('>')?;
    let query = target.split_once('?')?.1;
    rest.contains("rel=\"next\"").then(|| query.to_owned())
}

/// A tag is only a name: the chart itself must be of the version that was asked for.
fn check_version(reference: &OciReference, chart: &Chart) -> Result<(), FetchError> {
    let Some(wanted) = &reference.version else { return Ok(()) };
    let allowed = Constraint::parse(wanted).ok().zip(parse_loose(chart.version()));
    if allowed.is_some_and(|(constraint, version)| constraint.allows(&version)) {
        return Ok(());
    }
    Err(FetchError::OtherChart {
        place: reference.to_string(),
        wanted: wanted.clone(),
        found: format!("{} {}", chart.name(), chart.version()),
    })
}
