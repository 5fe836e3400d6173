//! What source-controller fetches, and how long it takes.

use jiff::SignedDuration;
use serde_json::Value;

use crate::controllers::object::{some_text, text};
use crate::controllers::{Controller, Pass, digest};
use crate::flux::kinds;
use crate::flux::storage::{self, Stored};
use crate::kube::{GroupResource, Key};
use crate::registry;

/// What a fetch brought.
#[derive(Debug)]
pub struct Fetched {
    /// Its revision.
    pub revision: String,
    /// What it is: a chart's name, else nothing.
    pub what: String,
    /// The revision of the source it was taken from, for a chart.
    pub from: String,
    /// What is in it.
    pub stored: Stored,
}

/// Why a fetch brought nothing.
#[derive(Debug)]
pub struct Refusal {
    /// The word for programs.
    pub reason: &'static str,
    /// The sentence for people.
    pub message: String,
    /// Whether only another object can help.
    pub waits: bool,
}

impl Refusal {
    fn new(reason: &'static str, message: impl Into<String>) -> Self {
        Self { reason, message: message.into(), waits: false }
    }
}

/// How long the fetch takes a worker: two to four seconds for a chart from a registry, one to three for an index, less
/// for a Git commit or a chart from an index that is there. An artifact that is there already needs a short look.
pub fn time(pass: &mut Pass<'_>, source: &Value) -> SignedDuration {
    if storage::has(pass.world, source) {
        return pass.between(60, 200);
    }
    match pass.controller {
        Controller::OciRepositories => pass.between(2_000, 4_000),
        Controller::HelmRepositories => pass.between(1_000, 3_000),
        Controller::GitRepositories => pass.between(500, 1_200),
        _ => pass.between(400, 1_200),
    }
}

/// Fetches what `source` asks for.
///
/// # Errors
/// When it can't be had; the refusal carries the condition's words.
pub fn fetch(pass: &mut Pass<'_>, source: &Value) -> Result<Fetched, Refusal> {
    let key = pass.key.clone();
    let url = text(source, "/spec/url");
    if pass.world.flux.faults.fails_source(&key) {
        let message = format!("failed to fetch {url}: dial tcp: i/o timeout");
        return Err(Refusal::new(failure(pass.controller), message));
    }
    match pass.controller {
        Controller::GitRepositories => git(pass, source, url),
        Controller::HelmCharts => chart(pass, source),
        Controller::OciRepositories => {
            let tag = ["/spec/ref/semver", "/spec/ref/tag"].into_iter().find_map(|p| some_text(source, p));
            let tag = version(tag.unwrap_or("latest"));
            let sum = some_text(source, "/spec/ref/digest").map(|d| d.trim_start_matches("sha256:").to_owned());
            let sum = match sum {
                Some(sum) => sum,
                None => manifest(pass, url, &tag)?,
            };
            let name = url.rsplit('/').next().unwrap_or_default().to_owned();
            let stored = Stored::Chart { name, version: tag.clone() };
            let from = format!("{}:{tag}", url.trim_start_matches("oci://"));
            Ok(Fetched { revision: format!("{tag}@sha256:{sum}"), what: String::new(), from, stored })
        }
        _ => {
            let place = if url.is_empty() { text(source, "/spec/bucketName") } else { url };
            let revision = format!("sha256:{}", digest(place));
            Ok(Fetched { revision, what: String::new(), from: String::new(), stored: Stored::Opaque })
        }
    }
}

/// The digest of the manifest behind a tag. The internet is not simulated: what a registry outside this world serves is taken
/// to be there.
fn manifest(pass: &Pass<'_>, url: &str, tag: &str) -> Result<String, Refusal> {
    let own = format!("oci://{}:{}/", registry::HOST, registry::PORT);
    let Some(repository) = url.strip_prefix(&own) else { return Ok(digest(&format!("{url}:{tag}"))) };
    match pass.world.registry.digest_of(repository, tag) {
        Some(found) => Ok(found.trim_start_matches("sha256:").to_owned()),
        None => {
            let place = format!("http://{}:{}/v2/{repository}/manifests/{tag}", registry::HOST, registry::PORT);
            let unknown = format!("MANIFEST_UNKNOWN: {tag} is not known here");
            let why = format!("failed to determine artifact digest: GET {place}: {unknown}");
            Err(Refusal::new("OCIArtifactPullFailed", why))
        }
    }
}

fn failure(controller: Controller) -> &'static str {
    match controller {
        Controller::GitRepositories => "GitOperationFailed",
        Controller::OciRepositories => "OCIArtifactPullFailed",
        Controller::HelmCharts => "ChartPullError",
        _ => "Failed",
    }
}

/// A commit of a repository of the world's Git server.
fn git(pass: &Pass<'_>, source: &Value, url: &str) -> Result<Fetched, Refusal> {
    let failed = |why: &str| {
        Refusal::new(
            "GitOperationFailed",
            format!("failed to checkout and determine revision: unable to clone '{url}': {why}"),
        )
    };
    let repository = pass.world.git.repository(url).ok_or_else(|| failed("repository not found"))?;
    if let Some(token) = &repository.token {
        let name = some_text(source, "/spec/secretRef/name").ok_or_else(|| failed("authentication required"))?;
        let secret = Key::of(&GroupResource::SECRETS, pass.key.namespace.as_deref(), name);
        let namespace = pass.key.namespace.as_deref().unwrap_or_default();
        let missing = || {
            Refusal::new(
                "AuthenticationFailed",
                format!("failed to get secret '{namespace}/{name}': secrets \"{name}\" not found"),
            )
        };
        let secret = pass.get(&secret).ok_or_else(missing)?;
        if password(&secret).as_deref() != Some(token) {
            return Err(failed("authentication required: Unauthorized"));
        }
    }
    let reference =
        ["/spec/ref/name", "/spec/ref/tag", "/spec/ref/branch"].into_iter().find_map(|p| some_text(source, p));
    let reference = reference.unwrap_or("main");
    let revision = repository.revision(reference);
    let full = match reference {
        reference if reference.starts_with("refs/") => reference.to_owned(),
        reference if some_text(source, "/spec/ref/tag") == Some(reference) => format!("refs/tags/{reference}"),
        reference => format!("refs/heads/{reference}"),
    };
    let mut revision = revision.ok_or_else(|| failed(&format!("couldn't find remote ref {full:?}")))?.to_string();
    // A full ref stays whole in the revision: refs/heads/main@sha1:…
    if some_text(source, "/spec/ref/name").is_some()
        && let Some((_, commit)) = revision.split_once('@')
    {
        revision = format!("{reference}@{commit}");
    }
    let stored = Stored::Commit { url: url.to_owned(), revision: revision.clone() };
    Ok(Fetched { revision, what: String::new(), from: String::new(), stored })
}

/// The password in a Secret for basic authentication.
fn password(secret: &Value) -> Option<String> {
    use base64::Engine as _;
    let written = secret.pointer("/data/password").or_else(|| secret.pointer("/data/bearerToken"))?.as_str()?;
    String::from_utf8(base64::engine::general_purpose::STANDARD.decode(written).ok()?).ok()
}

/// A chart of a repository or a registry, or out of another source's artifact.
fn chart(pass: &Pass<'_>, chart: &Value) -> Result<Fetched, Refusal> {
    let (kind, name) = (text(chart, "/spec/sourceRef/kind"), text(chart, "/spec/sourceRef/name"));
    let resource = kinds::source(kind).unwrap_or(kinds::HELM_REPOSITORIES);
    let source = pass.get(&Key::of(&resource, pass.key.namespace.as_deref(), name));
    let waits = |message: String| Refusal { reason: "NoSourceArtifact", message, waits: true };
    let source = source.ok_or_else(|| {
        Refusal::new("SourceUnavailable", format!("failed to get source: {resource} \"{name}\" not found"))
    })?;
    let is_static = text(&source, "/spec/type") == "oci";
    if !is_static && some_text(&source, "/status/artifact/revision").is_none() {
        return Err(waits(format!("no artifact available for {kind} source '{name}'")));
    }
    let what = text(chart, "/spec/chart").rsplit('/').next().unwrap_or_default().to_owned();
    let version = version(some_text(chart, "/spec/version").unwrap_or("*"));
    let stored = Stored::Chart { name: what.clone(), version: version.clone() };
    let from = text(&source, "/status/artifact/revision").to_owned();
    Ok(Fetched { revision: version, what, from, stored })
}

/// The version that a constraint ends up at: there is one chart for each, at its lower bound.
fn version(constraint: &str) -> String {
    let bare = constraint.trim_start_matches(['^', '~', '>', '=', 'v', ' ']);
    let bare = bare.split([' ', ',', '|']).next().unwrap_or_default();
    if bare.is_empty() || bare == "*" {
        return "1.0.0".to_owned();
    }
    bare.replace(".x", ".0").replace(".*", ".0")
}
