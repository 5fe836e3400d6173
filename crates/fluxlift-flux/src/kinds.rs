//! The kinds of Flux and of its operator, at their newest versions.

use fluxlift_kube::gates::crd::served_versions;
use fluxlift_kube::{Cluster, Kind, Object, ObjectRef, RequestError, kind};

use crate::definition::Definition;

/// The namespace of Flux and of flux-operator.
pub const NAMESPACE: &str = "flux-system";

/// `HelmRelease`
pub const HELM_RELEASE: Kind = Kind::namespaced("helm.toolkit.fluxcd.io", "v2", "HelmRelease", "helmreleases");
/// `Kustomization`
pub const KUSTOMIZATION: Kind =
    Kind::namespaced("kustomize.toolkit.fluxcd.io", "v1", "Kustomization", "kustomizations");
/// `GitRepository`
pub const GIT_REPOSITORY: Kind = source("GitRepository", "gitrepositories");
/// `HelmRepository`
pub const HELM_REPOSITORY: Kind = source("HelmRepository", "helmrepositories");
/// `HelmChart`
pub const HELM_CHART: Kind = source("HelmChart", "helmcharts");
/// `OCIRepository`; before Flux 2.6 it is served as `v1beta2` only.
pub const OCI_REPOSITORY: Kind = source("OCIRepository", "ocirepositories");
/// `Bucket`
pub const BUCKET: Kind = source("Bucket", "buckets");
/// `ExternalArtifact`: a source that other controllers than source-controller make, since Flux 2.7.
pub const EXTERNAL_ARTIFACT: Kind = source("ExternalArtifact", "externalartifacts");
/// `Receiver`
pub const RECEIVER: Kind = Kind::namespaced("notification.toolkit.fluxcd.io", "v1", "Receiver", "receivers");
/// `ImageRepository`; before Flux 2.7 the kinds of images are served as betas only.
pub const IMAGE_REPOSITORY: Kind = image("ImageRepository", "imagerepositories");
/// `ImagePolicy`
pub const IMAGE_POLICY: Kind = image("ImagePolicy", "imagepolicies");
/// `ImageUpdateAutomation`
pub const IMAGE_UPDATE_AUTOMATION: Kind = image("ImageUpdateAutomation", "imageupdateautomations");
/// `FluxInstance`
pub const FLUX_INSTANCE: Kind = Kind::namespaced("fluxcd.controlplane.io", "v1", "FluxInstance", "fluxinstances");
/// `FluxReport`
pub const FLUX_REPORT: Kind = Kind::namespaced("fluxcd.controlplane.io", "v1", "FluxReport", "fluxreports");

/// The kinds of source-controller, each with a controller of its own.
pub const SOURCES: [Kind; 5] = [GIT_REPOSITORY, HELM_REPOSITORY, HELM_CHART, OCI_REPOSITORY, BUCKET];

const fn source(kind: &'static str, plural: &'static str) -> Kind {
    Kind::namespaced("source.toolkit.fluxcd.io", "v1", kind, plural)
}

const fn image(kind: &'static str, plural: &'static str) -> Kind {
    Kind::namespaced("image.toolkit.fluxcd.io", "v1", kind, plural)
}

/// The custom resource definition of `kind`.
pub fn definition(kind: &Kind) -> ObjectRef {
    ObjectRef::cluster(kind::CRD, kind.crd_name())
}

/// `kind` at a version that its definition `crd` serves: the one asked for if it can be, else the stored one.
pub fn at_served_version(kind: &Kind, crd: &Object) -> Option<Kind> {
    at_one_of(kind, &served_versions(crd))
}

fn at_one_of(kind: &Kind, served: &[&str]) -> Option<Kind> {
    if served.contains(&kind.version()) {
        return Some(kind.clone());
    }
    served.first().map(|version| kind.clone().at_version(version))
}

/// `kind` at a version that the cluster serves; `None` when it has no such definition.
///
/// # Errors
/// When the definition cannot be read.
pub async fn served(cluster: &Cluster, kind: &Kind) -> Result<Option<Kind>, RequestError> {
    let found = cluster.get_lean::<Definition>(&definition(kind)).await?;
    Ok(found.and_then(|found| at_one_of(kind, &found.versions())))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_older_flux_serves_oci_repositories_at_an_older_version() {
        let crd = Object::new(json!({"spec": {"versions": [{"name": "v1beta2", "served": true, "storage": true}]}}));
        let kind = at_served_version(&OCI_REPOSITORY, &crd).unwrap();
        assert_eq!(kind.api_version(), "source.toolkit.fluxcd.io/v1beta2");
    }
}
