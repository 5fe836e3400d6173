//! What goes when the folder goes: kustomize-controller deletes what it no longer finds in Git, unless it may not.

use fluxlift_kube::{Cluster, Object, ObjectRef, RequestError};

use super::folder::{Folder, Member};
use crate::annotation::KUSTOMIZATION_NAME;
use crate::kinds::NAMESPACE;

/// The annotation that keeps an object from being pruned.
const PRUNE: &str = "kustomize.toolkit.fluxcd.io/prune";
/// The label that goes with the name of the Kustomization.
const KUSTOMIZATION_NAMESPACE: &str = "kustomize.toolkit.fluxcd.io/namespace";

/// The objects of `folder` that the root `name` would delete with it, as the cluster holds them now.
///
/// # Errors
/// When the cluster refuses or does not answer.
pub async fn deleted_with(cluster: &Cluster, folder: &Folder, name: &str) -> Result<Vec<String>, RequestError> {
    let mut deleted = Vec::new();
    for member in &folder.members {
        let live = cluster.get(&target(cluster, member).await?).await?;
        deleted.extend(live.filter(|live| goes_with(live, name)).map(|live| live.title()));
    }
    Ok(deleted)
}

async fn target(cluster: &Cluster, member: &Member) -> Result<ObjectRef, RequestError> {
    let kind = cluster.kind_of(&member.api_version, &member.kind).await?;
    let name = member.name.clone();
    Ok(if kind.is_namespaced() {
        ObjectRef::namespaced(kind, member.namespace.as_deref().unwrap_or(NAMESPACE), name)
    } else {
        ObjectRef::cluster(kind, name)
    })
}

/// Whether the root `name` would delete `live` when it is no longer in Git.
pub fn goes_with(live: &Object, name: &str) -> bool {
    let is_its_own =
        live.label(KUSTOMIZATION_NAME) == Some(name) && live.label(KUSTOMIZATION_NAMESPACE) == Some(NAMESPACE);
    let is_exempt = live.annotation(PRUNE).is_some_and(|word| word.eq_ignore_ascii_case("disabled"));
    is_its_own && !is_exempt
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_is_labelled_as_the_roots_and_not_exempt_goes() {
        let object = |name: &str, exempt: bool| {
            let annotations = if exempt { json!({PRUNE: "Disabled"}) } else { json!({}) };
            Object::new(json!({"metadata": {"annotations": annotations,
                "labels": {KUSTOMIZATION_NAME: name, KUSTOMIZATION_NAMESPACE: "flux-system"}}}))
        };
        assert!(goes_with(&object("flux-system", false), "flux-system"));
        assert!(!goes_with(&object("flux-system", true), "flux-system"));
        assert!(!goes_with(&object("apps", false), "flux-system"));
    }
}
