//! The programs that run controllers, and the controllers that they run.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::flux::kinds;
use crate::kopiur::kinds as kopiur;
use crate::kube::GroupResource;
use crate::volsync::kinds as volsync;

/// A program that reconciles objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each is a well-known program")]
pub enum Program {
    KubeControllerManager,
    KubeScheduler,
    FluxOperator,
    SourceController,
    KustomizeController,
    HelmController,
    NotificationController,
    ImageReflectorController,
    ImageAutomationController,
    VolSync,
    Kopiur,
}

/// One reconciler, by what it reconciles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each is named for the kind that it reconciles")]
pub enum Controller {
    Deployments,
    ReplicaSets,
    DaemonSets,
    Namespaces,
    EndpointSlices,
    Scheduler,
    FluxInstances,
    FluxReports,
    GitRepositories,
    OciRepositories,
    HelmRepositories,
    HelmCharts,
    Buckets,
    Kustomizations,
    HelmReleases,
    Receivers,
    ImageRepositories,
    ImagePolicies,
    ImageUpdateAutomations,
    Claims,
    VolumeSnapshots,
    ReplicationDestinations,
    ReplicationSources,
    Restores,
    SnapshotSchedules,
    Snapshots,
}

impl Program {
    /// The program in a container image, if it is one that reconciles.
    pub fn of_image(image: &str) -> Option<Self> {
        let name = image.rsplit('/').next()?.split(['@', ':']).next()?;
        [
            Self::FluxOperator,
            Self::SourceController,
            Self::KustomizeController,
            Self::HelmController,
            Self::NotificationController,
            Self::ImageReflectorController,
            Self::ImageAutomationController,
            Self::VolSync,
            Self::Kopiur,
        ]
        .into_iter()
        .find(|program| program.name() == name)
    }

    /// Its name, which is its field manager too.
    pub const fn name(self) -> &'static str {
        match self {
            Self::KubeControllerManager => "kube-controller-manager",
            Self::KubeScheduler => "kube-scheduler",
            Self::FluxOperator => "flux-operator",
            Self::SourceController => "source-controller",
            Self::KustomizeController => "kustomize-controller",
            Self::HelmController => "helm-controller",
            Self::NotificationController => "notification-controller",
            Self::ImageReflectorController => "image-reflector-controller",
            Self::ImageAutomationController => "image-automation-controller",
            Self::VolSync => "volsync",
            Self::Kopiur => "kopiur",
        }
    }

    /// The controllers that it runs.
    pub const fn controllers(self) -> &'static [Controller] {
        match self {
            Self::KubeControllerManager => &[
                Controller::Deployments,
                Controller::ReplicaSets,
                Controller::DaemonSets,
                Controller::Namespaces,
                Controller::EndpointSlices,
                Controller::Claims,
                // A program of its own in a real cluster, which stands or falls with the storage.
                Controller::VolumeSnapshots,
            ],
            Self::KubeScheduler => &[Controller::Scheduler],
            Self::FluxOperator => &[Controller::FluxInstances, Controller::FluxReports],
            // Five independent controllers.
            Self::SourceController => &[
                Controller::GitRepositories,
                Controller::OciRepositories,
                Controller::HelmRepositories,
                Controller::HelmCharts,
                Controller::Buckets,
            ],
            Self::KustomizeController => &[Controller::Kustomizations],
            Self::HelmController => &[Controller::HelmReleases],
            Self::NotificationController => &[Controller::Receivers],
            Self::ImageReflectorController => &[Controller::ImageRepositories, Controller::ImagePolicies],
            Self::ImageAutomationController => &[Controller::ImageUpdateAutomations],
            Self::VolSync => &[Controller::ReplicationDestinations, Controller::ReplicationSources],
            Self::Kopiur => &[Controller::Restores, Controller::SnapshotSchedules, Controller::Snapshots],
        }
    }

    /// The name of the Lease that its processes contend for. `None` for the ones that no Pod runs.
    pub const fn lease(self) -> Option<&'static str> {
        match self {
            Self::KubeControllerManager | Self::KubeScheduler => None,
            Self::FluxOperator => Some("flux-operator"),
            Self::SourceController => Some("source-controller-leader-election"),
            Self::KustomizeController => Some("kustomize-controller-leader-election"),
            Self::HelmController => Some("helm-controller-leader-election"),
            Self::NotificationController => Some("notification-controller-leader-election"),
            Self::ImageReflectorController => Some("image-reflector-controller-leader-election"),
            Self::ImageAutomationController => Some("image-automation-controller-leader-election"),
            Self::VolSync => Some("volsync-leader-election"),
            Self::Kopiur => Some("kopiur-leader-election"),
        }
    }

    /// What it watches besides what it reconciles: without these it does not start either.
    pub fn watches(self) -> impl Iterator<Item = GroupResource> {
        let watched = match self {
            Self::ImageAutomationController => Some([kinds::GIT_REPOSITORIES, kinds::IMAGE_POLICIES]),
            _ => None,
        };
        watched.into_iter().flatten()
    }

    /// How many workers each of its controllers has unless `--concurrent` says otherwise
    /// (4 for helm-controller).
    pub const fn workers(self) -> usize {
        match self {
            Self::KubeControllerManager | Self::KubeScheduler => 16,
            Self::FluxOperator => 10,
            Self::SourceController => 2,
            Self::KustomizeController | Self::HelmController => 4,
            Self::NotificationController | Self::ImageReflectorController | Self::ImageAutomationController => 4,
            Self::VolSync | Self::Kopiur => 100,
        }
    }

    /// How long its caches take to sync when helm-controller's take `helm`.
    ///
    /// helm-controller lists every Secret and ConfigMap of the cluster besides its own kinds; the others list little,
    /// which is done in half a second however large the cluster is.
    pub fn cache_sync(self, helm: SignedDuration) -> SignedDuration {
        match self {
            Self::HelmController => helm,
            Self::SourceController
            | Self::KustomizeController
            | Self::NotificationController
            | Self::ImageReflectorController
            | Self::ImageAutomationController => helm.min(SignedDuration::from_millis(500)),
            Self::KubeControllerManager | Self::KubeScheduler | Self::FluxOperator | Self::VolSync | Self::Kopiur => {
                SignedDuration::from_millis(400)
            }
        }
    }
}

impl Controller {
    /// The resource whose objects it reconciles.
    pub const fn resource(self) -> GroupResource {
        match self {
            Self::Deployments => GroupResource::DEPLOYMENTS,
            Self::ReplicaSets => GroupResource::REPLICA_SETS,
            Self::DaemonSets => GroupResource::DAEMON_SETS,
            Self::Namespaces => GroupResource::NAMESPACES,
            Self::EndpointSlices => GroupResource::SERVICES,
            Self::Scheduler => GroupResource::PODS,
            Self::FluxInstances => kinds::FLUX_INSTANCES,
            Self::FluxReports => kinds::FLUX_REPORTS,
            Self::GitRepositories => kinds::GIT_REPOSITORIES,
            Self::OciRepositories => kinds::OCI_REPOSITORIES,
            Self::HelmRepositories => kinds::HELM_REPOSITORIES,
            Self::HelmCharts => kinds::HELM_CHARTS,
            Self::Buckets => kinds::BUCKETS,
            Self::Kustomizations => kinds::KUSTOMIZATIONS,
            Self::HelmReleases => kinds::HELM_RELEASES,
            Self::Receivers => kinds::RECEIVERS,
            Self::ImageRepositories => kinds::IMAGE_REPOSITORIES,
            Self::ImagePolicies => kinds::IMAGE_POLICIES,
            Self::ImageUpdateAutomations => kinds::IMAGE_UPDATE_AUTOMATIONS,
            Self::Claims => GroupResource::PERSISTENT_VOLUME_CLAIMS,
            Self::VolumeSnapshots => volsync::SNAPSHOTS,
            Self::ReplicationDestinations => volsync::DESTINATIONS,
            Self::ReplicationSources => volsync::SOURCES,
            Self::Restores => kopiur::RESTORES,
            Self::SnapshotSchedules => kopiur::SCHEDULES,
            Self::Snapshots => kopiur::SNAPSHOTS,
        }
    }

    /// The controller that reconciles custom objects of this resource.
    pub fn of_custom(resource: &GroupResource) -> Option<Self> {
        [
            Self::FluxInstances,
            Self::FluxReports,
            Self::GitRepositories,
            Self::OciRepositories,
            Self::HelmRepositories,
            Self::HelmCharts,
            Self::Buckets,
            Self::Kustomizations,
            Self::HelmReleases,
            Self::Receivers,
            Self::ImageRepositories,
            Self::ImagePolicies,
            Self::ImageUpdateAutomations,
            Self::VolumeSnapshots,
            Self::ReplicationDestinations,
            Self::ReplicationSources,
            Self::Restores,
            Self::SnapshotSchedules,
            Self::Snapshots,
        ]
        .into_iter()
        .find(|controller| controller.resource() == *resource)
    }

    /// Its name in the controllers' log lines.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deployments => "deployment",
            Self::ReplicaSets => "replicaset",
            Self::DaemonSets => "daemonset",
            Self::Namespaces => "namespace",
            Self::EndpointSlices => "endpointslice",
            Self::Scheduler => "scheduler",
            Self::FluxInstances => "fluxinstance",
            Self::FluxReports => "fluxreport",
            Self::GitRepositories => "gitrepository",
            Self::OciRepositories => "ocirepository",
            Self::HelmRepositories => "helmrepository",
            Self::HelmCharts => "helmchart",
            Self::Buckets => "bucket",
            Self::Kustomizations => "kustomization",
            Self::HelmReleases => "helmrelease",
            Self::Receivers => "receiver",
            Self::ImageRepositories => "imagerepository",
            Self::ImagePolicies => "imagepolicy",
            Self::ImageUpdateAutomations => "imageupdateautomation",
            Self::Claims => "persistentvolumeclaim",
            Self::VolumeSnapshots => "volumesnapshot",
            Self::ReplicationDestinations => "replicationdestination",
            Self::ReplicationSources => "replicationsource",
            Self::Restores => "restore",
            Self::SnapshotSchedules => "snapshotschedule",
            Self::Snapshots => "snapshot",
        }
    }
}
