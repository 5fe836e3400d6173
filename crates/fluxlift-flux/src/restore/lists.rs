//! The lists that a survey is made from.

use fluxlift_kube::{Class, Cluster, Collection, Kind, Query, RequestError};

use super::RestoreError;

/// What there is of `kind`; in `namespace` alone for who may not look further. What lies outside of it is not meant, and may
/// have to do with what is.
pub(super) async fn list(cluster: &Cluster, kind: Kind, namespace: Option<&str>) -> Result<Collection, RequestError> {
    let all = Query::all(kind);
    match (cluster.list(&all).await, namespace) {
        (Err(error), Some(namespace)) if error.class() == Class::Forbidden => {
            cluster.list(&all.within(namespace)).await
        }
        (listed, _) => listed,
    }
}

/// The same of a kind that `provider` defines.
pub(super) async fn defined(
    cluster: &Cluster,
    provider: &'static str,
    kind: Kind,
    namespace: Option<&str>,
) -> Result<Collection, RestoreError> {
    let definition = kind.crd_name();
    list(cluster, kind, namespace).await.map_err(|error| match error.is_not_found() {
        true => RestoreError::NotInstalled { provider, server: cluster.server().to_owned(), definition },
        false => error.into(),
    })
}

/// All that there is of a kind of the cluster; nothing for who may not read it, and is told so where it is missed.
pub(super) async fn readable(cluster: &Cluster, kind: Kind) -> Result<Collection, RequestError> {
    match list(cluster, kind, None).await {
        Err(error) if error.class() == Class::Forbidden => Ok(Collection::default()),
        listed => listed,
    }
}
