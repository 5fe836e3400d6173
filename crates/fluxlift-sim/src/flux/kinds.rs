//! The kinds of Flux and of its operator.

use crate::kube::{GroupResource, Key};

/// `fluxinstances.fluxcd.controlplane.io`
pub const FLUX_INSTANCES: GroupResource = GroupResource::known("fluxcd.controlplane.io", "fluxinstances");
/// `fluxreports.fluxcd.controlplane.io`
pub const FLUX_REPORTS: GroupResource = GroupResource::known("fluxcd.controlplane.io", "fluxreports");
/// `gitrepositories.source.toolkit.fluxcd.io`
pub const GIT_REPOSITORIES: GroupResource = GroupResource::known("source.toolkit.fluxcd.io", "gitrepositories");
/// `ocirepositories.source.toolkit.fluxcd.io`
pub const OCI_REPOSITORIES: GroupResource = GroupResource::known("source.toolkit.fluxcd.io", "ocirepositories");
/// `helmrepositories.source.toolkit.fluxcd.io`
pub const HELM_REPOSITORIES: GroupResource = GroupResource::known("source.toolkit.fluxcd.io", "helmrepositories");
/// `helmcharts.source.toolkit.fluxcd.io`
pub const HELM_CHARTS: GroupResource = GroupResource::known("source.toolkit.fluxcd.io", "helmcharts");
/// `buckets.source.toolkit.fluxcd.io`
pub const BUCKETS: GroupResource = GroupResource::known("source.toolkit.fluxcd.io", "buckets");
/// `kustomizations.kustomize.toolkit.fluxcd.io`
pub const KUSTOMIZATIONS: GroupResource = GroupResource::known("kustomize.toolkit.fluxcd.io", "kustomizations");
/// `helmreleases.helm.toolkit.fluxcd.io`
pub const HELM_RELEASES: GroupResource = GroupResource::known("helm.toolkit.fluxcd.io", "helmreleases");
/// `receivers.notification.toolkit.fluxcd.io`
pub const RECEIVERS: GroupResource = GroupResource::known("notification.toolkit.fluxcd.io", "receivers");

/// `imagerepositories.image.toolkit.fluxcd.io`
pub const IMAGE_REPOSITORIES: GroupResource = GroupResource::known("image.toolkit.fluxcd.io", "imagerepositories");
/// `imagepolicies.image.toolkit.fluxcd.io`
pub const IMAGE_POLICIES: GroupResource = GroupResource::known("image.toolkit.fluxcd.io", "imagepolicies");
/// `imageupdateautomations.image.toolkit.fluxcd.io`
pub const IMAGE_UPDATE_AUTOMATIONS: GroupResource =
    GroupResource::known("image.toolkit.fluxcd.io", "imageupdateautomations");

/// The finalizer of every Flux controller and of the operator.
pub const FINALIZER: &str = "finalizers.fluxcd.io";
/// The finalizer that flux-operator puts on its FluxInstance.
pub const OPERATOR_FINALIZER: &str = "fluxcd.controlplane.io/finalizer";
/// Asks a controller for a pass at once; the controller echoes the value in `status.lastHandledReconcileAt`.
pub const REQUESTED_AT: &str = "reconcile.fluxcd.io/requestedAt";
/// Asks helm-controller for one install or upgrade even when retries are exhausted.
pub const FORCE_AT: &str = "reconcile.fluxcd.io/forceAt";
/// Asks helm-controller to forget its failures.
pub const RESET_AT: &str = "reconcile.fluxcd.io/resetAt";

/// The words of a controller's cache for an object that is not there: unlike the API, it names the kind.
pub fn not_cached(kind: &str, key: &Key) -> String {
    format!("{kind}.{} {:?} not found", key.gr.group, key.name)
}

/// The resource that a `sourceRef` or `chartRef` of this kind points to.
pub fn source(kind: &str) -> Option<GroupResource> {
    Some(match kind {
        "GitRepository" => GIT_REPOSITORIES,
        "OCIRepository" => OCI_REPOSITORIES,
        "HelmRepository" => HELM_REPOSITORIES,
        "HelmChart" => HELM_CHARTS,
        "Bucket" => BUCKETS,
        _ => return None,
    })
}
