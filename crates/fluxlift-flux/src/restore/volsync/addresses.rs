//! Where repositories are, as their Secrets say.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fluxlift_kube::{Class, Cluster, Object, ObjectRef, kind};
use futures::StreamExt as _;
use futures::stream;

use super::Destination;
use crate::restore::RestoreError;

/// How many Secrets are read at a time.
const AT_A_TIME: usize = 16;

/// The addresses of the repositories, by the place of their Secrets. Who may not read Secrets does without.
pub(super) async fn addresses(
    cluster: &Cluster,
    objects: &[&Object],
) -> Result<BTreeMap<ObjectRef, String>, RestoreError> {
    let wanted: BTreeSet<ObjectRef> =
        objects.iter().filter_map(|object| Destination::of(object)).map(|one| secret(&one)).collect();
    let mut read = stream::iter(wanted)
        .map(|target| async move {
            let found = cluster.get(&target).await;
            (target, found)
        })
        .buffer_unordered(AT_A_TIME);
    let mut addresses = BTreeMap::new();
    while let Some((target, found)) = read.next().await {
        let found = match found {
            Err(error) if error.class() == Class::Forbidden => None,
            found => found?,
        };
        let data = found.and_then(|secret| STANDARD.decode(secret.text("/data/KOPIA_REPOSITORY")?).ok());
        if let Some(address) = data.and_then(|data| String::from_utf8(data).ok()) {
            addresses.insert(target, address);
        }
    }
    Ok(addresses)
}

/// The Secret of a destination.
pub(super) fn secret(destination: &Destination) -> ObjectRef {
    ObjectRef::namespaced(kind::SECRET, &destination.namespace, &destination.secret)
}
