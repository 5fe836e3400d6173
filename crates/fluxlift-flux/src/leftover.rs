//! A root that `flux bootstrap` left behind.

use fluxlift_kube::{Cluster, Kind, Object, ObjectRef, Query, RequestError};
use futures::future::try_join_all;

use crate::annotation::{INSTANCE_NAME, KUSTOMIZATION_NAME, RELEASE_NAME, RESOURCE_SET_NAME};
use crate::canary;
use crate::kinds::{self, KUSTOMIZATION, NAMESPACE, SOURCES};

/// The root Kustomization, or the source, in Flux's namespace that reconciles without belonging to a FluxInstance.
///
/// While one is there, releases may already exist, and the proof of order is void.
///
/// # Errors
/// When the cluster cannot be read.
pub async fn root(cluster: &Cluster) -> Result<Option<ObjectRef>, RequestError> {
    let kinds = std::iter::once(KUSTOMIZATION).chain(SOURCES);
    let roots = try_join_all(kinds.map(|kind| root_of(cluster, kind))).await?;
    Ok(roots.into_iter().flatten().next())
}

async fn root_of(cluster: &Cluster, kind: Kind) -> Result<Option<ObjectRef>, RequestError> {
    let Some(kind) = kinds::served(cluster, &kind).await? else { return Ok(None) };
    let found = match cluster.list(&Query::all(kind.clone()).within(NAMESPACE)).await {
        // The definition is there and is not served yet: nothing can reconcile an object of it, nor make one.
        Err(error) if error.is_not_found() => return Ok(None),
        found => found?,
    };
    Ok(found.iter().find(|object| is_root(object)).map(|root| root.reference(&kind)))
}

/// Whether nobody but a person or itself manages it: `flux bootstrap` labels its root as its own.
pub(crate) fn is_root(object: &Object) -> bool {
    let itself = object.label(KUSTOMIZATION_NAME).is_none_or(|owner| owner == object.name());
    let owned = !object.items("/metadata/ownerReferences").is_empty();
    let others = [INSTANCE_NAME, RESOURCE_SET_NAME, RELEASE_NAME, canary::LABEL];
    itself && !owned && others.iter().all(|label| object.label(label).is_none())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(labels: serde_json::Value) -> Object {
        Object::new(json!({"metadata": {"name": "flux-system", "namespace": "flux-system", "labels": labels}}))
    }

    #[test]
    fn the_root_of_flux_bootstrap_is_labelled_as_its_own() {
        assert!(is_root(&object(json!({"kustomize.toolkit.fluxcd.io/name": "flux-system"}))));
        assert!(is_root(&object(json!({}))));
    }

    #[test]
    fn what_an_instance_or_another_kustomization_manages_is_no_root() {
        assert!(!is_root(&object(json!({"fluxcd.controlplane.io/name": "flux"}))));
        assert!(!is_root(&object(json!({"kustomize.toolkit.fluxcd.io/name": "apps"}))));
        assert!(!is_root(&object(json!({"resourceset.fluxcd.controlplane.io/name": "apps"}))));
        assert!(!is_root(&object(json!({"helm.toolkit.fluxcd.io/name": "apps"}))));
        assert!(!is_root(&object(json!({"fluxlift.dev/canary": "x"}))));
    }
}
