//! source-controller's storage, and the way to it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::PathFault;
use crate::World;
use crate::controllers::conditions::moment;
use crate::controllers::object::path;
use crate::controllers::{Pass, Program, digest};
use crate::git::repo::Files;
use crate::kube::{GroupResource, Key};

/// What an artifact holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stored {
    /// A commit of a repository of the world's Git server.
    Commit {
        /// The repository's address.
        url: String,
        /// The revision, such as `main@sha1:…`.
        revision: String,
    },
    /// A chart.
    Chart {
        /// Its name.
        name: String,
        /// Its version.
        version: String,
    },
    /// Something that nobody looks into, such as a repository's index.
    Opaque,
}

/// What came back over the way to source-controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The artifact.
    Found(Stored),
    /// HTTP 404: source-controller answered, and has no such artifact.
    NotFound,
    /// Nothing, at once.
    Refused,
    /// Nothing, after a timeout.
    Silence,
    /// The name does not resolve.
    NoSuchName,
}

impl Answer {
    /// The words of the HTTP client for a way that is broken.
    pub fn error(&self, url: &str) -> String {
        let why = match self {
            Self::Refused => "connect: connection refused",
            Self::Silence => "dial tcp: i/o timeout",
            _ => "dial tcp: lookup source-controller: no such host",
        };
        format!("GET {url} giving up after 10 attempt(s): {why}")
    }
}

/// Puts an artifact for the object of `pass` into the storage and gives what status says of it.
pub fn store(pass: &mut Pass<'_>, revision: &str, stored: Stored) -> Value {
    let key = pass.key.clone();
    let process = pass.process();
    let namespace = &process.namespace;
    let default = format!("source-controller.{namespace}.svc.cluster.local.");
    let host = process.args.storage_address.clone().unwrap_or(default).replace("$(RUNTIME_NAMESPACE)", namespace);
    let kind = key.gr.resource.trim_end_matches('s').replace("repositorie", "repository");
    let sum = digest(&format!("{key}{revision}"));
    let file = format!("{kind}/{}/{}.tar.gz", path(&key), name(&stored, revision, &sum));
    let url = format!("http://{host}/{file}");
    pass.world.flux.storage.insert(url.clone(), stored);
    json!({"digest": format!("sha256:{sum}"), "lastUpdateTime": moment(pass.now()), "path": file,
        "revision": revision, "size": 4096 + u64::from(sum.as_bytes()[0]) * 64, "url": url})
}

/// What the file of an artifact is named for: a commit, a registry's digest, or what is in it.
fn name<'a>(stored: &Stored, revision: &'a str, sum: &'a str) -> &'a str {
    match (stored, revision.rsplit_once('@')) {
        (Stored::Commit { .. }, Some((_, commit))) => commit.rsplit(':').next().unwrap_or(commit),
        (Stored::Chart { .. }, Some((_, digest))) => digest,
        _ => &sum[..16],
    }
}

/// Whether the artifact that `object` claims to have is really in the storage; a new Pod begins with an empty one.
pub fn has(world: &World, object: &Value) -> bool {
    object["status"]["artifact"]["url"].as_str().is_some_and(|url| world.flux.storage.contains_key(url))
}

/// Asks source-controller for `url`, over Service and name as the other controllers do.
pub fn fetch(world: &World, url: &str) -> Answer {
    match world.flux.faults.path {
        PathFault::None => {}
        PathFault::Refused => return Answer::Refused,
        PathFault::BlackHole => return Answer::Silence,
        PathFault::NoSuchName => return Answer::NoSuchName,
    }
    let host = url.trim_start_matches("http://").split('/').next().unwrap_or_default();
    let mut labels = host.split('.');
    let (Some(service), Some(namespace), Some("svc")) = (labels.next(), labels.next(), labels.next()) else {
        return Answer::NoSuchName;
    };
    if world.kube.api.get(&Key::namespaced(&GroupResource::SERVICES, namespace, service)).is_none() {
        return Answer::NoSuchName;
    }
    // The file server starts when the process leads; it needs no caches.
    let serves = |p: &crate::controllers::Process| {
        p.program == Program::SourceController
            && p.leader
            && p.pod.as_ref().is_some_and(|pod| pod.name.starts_with(service))
    };
    if !world.controllers.processes.values().any(serves) {
        return Answer::Refused;
    }
    world.flux.storage.get(url).cloned().map_or(Answer::NotFound, Answer::Found)
}

/// The files of a stored commit.
pub fn files(world: &World, stored: &Stored) -> Option<Files> {
    let Stored::Commit { url, revision } = stored else { return None };
    let commit = revision.rsplit_once(':')?.1.parse().ok()?;
    world.git.repository(url)?.files_at(&commit)
}

/// A source-controller Pod is new: its storage is empty.
pub fn wipe(world: &mut World, service: &str) {
    let prefix = format!("http://{service}.");
    world.flux.storage.retain(|url, _| !url.starts_with(&prefix));
}
