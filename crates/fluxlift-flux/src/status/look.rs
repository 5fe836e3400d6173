//! Reading what there is of Flux, in pages and with no more fields than are needed.

use std::sync::Arc;

use fluxlift_core::Timestamp;
use fluxlift_kube::{Class, Cluster, Kind, ObjectRef, Query, RequestError, kind};
use futures::future::{join_all, try_join};
use serde::de::IgnoredAny;

use super::chain::Chain;
use super::error::StatusError;
use crate::diagnosis::{Listed, Scene, Subject};
use crate::kinds::{self, EXTERNAL_ARTIFACT, HELM_RELEASE, KUSTOMIZATION, SOURCES};

/// What was seen of Flux at one moment.
#[derive(Debug, Clone)]
pub struct Sight {
    /// When.
    pub at: Timestamp,
    /// Operator, instance and controllers.
    pub chain: Chain,
    /// Sources, Kustomizations and HelmReleases, with the edges between them.
    pub scene: Scene,
    /// The kinds that are served, at the versions that they were read at.
    pub kinds: Vec<Kind>,
    /// What could not be read for want of permission.
    pub unread: Vec<String>,
}

/// Reads all that there is of Flux. Where `namespace` is given and the user may not read more than it, no more than it.
///
/// # Errors
/// When the cluster refuses or does not answer, has no such namespace, or nothing of Flux is there.
pub async fn look(cluster: &Cluster, namespace: Option<&str>) -> Result<Sight, StatusError> {
    if let Some(namespace) = namespace {
        exists(cluster, namespace).await?;
    }
    let kinds = [KUSTOMIZATION, HELM_RELEASE, EXTERNAL_ARTIFACT].into_iter().chain(SOURCES);
    let lists = join_all(kinds.map(|kind| list(cluster, kind, namespace)));
    let lists = async { Ok(lists.await) };
    let (chain, lists) = try_join(Chain::look(cluster, namespace.is_some()), lists).await?;
    let mut unread = chain.unread.clone();
    let (mut subjects, mut read, mut kinds) = (Vec::new(), Vec::new(), Vec::new());
    for list in lists {
        let List { kind, found, whole } = list?;
        let Some(found) = found else { continue };
        match whole {
            true => read.push(kind.clone()),
            false => unread.push(format!("{} in other namespaces", kind.plural())),
        }
        kinds.push(kind);
        subjects.extend(found.into_iter().map(Arc::new));
    }
    if kinds.is_empty() && chain.is_empty() {
        return Err(StatusError::NoFlux { server: cluster.server().to_owned() });
    }
    let at = cluster.clock().now();
    let mut scene = Scene::new(at, chain.workforce(), subjects);
    scene.read.retain(|kind| read.iter().any(|read| read.kind() == *kind));
    Ok(Sight { at, chain, scene, kinds, unread })
}

async fn exists(cluster: &Cluster, namespace: &str) -> Result<(), StatusError> {
    let target = ObjectRef::cluster(kind::NAMESPACE, namespace);
    match cluster.get_lean::<IgnoredAny>(&target).await {
        Ok(None) => Err(StatusError::NoNamespace(namespace.to_owned())),
        // Who may not read namespaces may still read what is in this one.
        Err(error) if error.class() != Class::Forbidden => Err(error.into()),
        _ => Ok(()),
    }
}

/// What was read of one kind.
struct List {
    kind: Kind,
    /// `None` where the cluster does not serve the kind.
    found: Option<Vec<Subject>>,
    /// Whether it is all that there is.
    whole: bool,
}

async fn list(cluster: &Cluster, kind: Kind, namespace: Option<&str>) -> Result<List, RequestError> {
    let Some(kind) = served(cluster, &kind).await? else { return Ok(List { kind, found: None, whole: true }) };
    let all = Query::all(kind.clone());
    let (found, whole) = match (subjects(cluster, &all, &kind).await, namespace) {
        (Err(error), Some(namespace)) if error.class() == Class::Forbidden => {
            (subjects(cluster, &all.within(namespace), &kind).await?, false)
        }
        (found, _) => (found?, true),
    };
    Ok(List { kind, found, whole })
}

/// The objects that `query` selects; `None` for a 404, which is how a kind that is not served is told.
async fn subjects(cluster: &Cluster, query: &Query, kind: &Kind) -> Result<Option<Vec<Subject>>, RequestError> {
    match cluster.list_lean::<Listed>(query).await {
        Ok(found) => Ok(Some(found.into_iter().filter_map(|listed| listed.of(kind)).collect())),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// `kind` at a version that the cluster serves; as it is where definitions may not be read.
async fn served(cluster: &Cluster, kind: &Kind) -> Result<Option<Kind>, RequestError> {
    match kinds::served(cluster, kind).await {
        Err(error) if error.class() == Class::Forbidden => Ok(Some(kind.clone())),
        found => found,
    }
}
