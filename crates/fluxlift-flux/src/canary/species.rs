//! The species of canaries that a controller answers by itself: one for each kind that has a controller of its own.

use fluxlift_kube::{Kind, Object};
use serde_json::Value;

use super::{image, release, source};
use crate::Component;
use crate::kinds::{
    HELM_RELEASE, IMAGE_POLICY, IMAGE_REPOSITORY, IMAGE_UPDATE_AUTOMATION, KUSTOMIZATION, RECEIVER, SOURCES,
};

/// A species of canary.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Species {
    /// A HelmRelease.
    Release,
    /// A Kustomization.
    Kustomization,
    /// A source of that kind.
    Source(Kind),
    /// A Receiver.
    Receiver,
    /// An ImageRepository.
    ImageRepository,
    /// An ImagePolicy.
    ImagePolicy,
    /// An ImageUpdateAutomation.
    ImageUpdateAutomation,
}

impl Species {
    /// The species that prove `component`.
    pub fn of(component: Component) -> Vec<Self> {
        match component {
            Component::Helm => vec![Self::Release],
            Component::Kustomize => vec![Self::Kustomization],
            Component::Notification => vec![Self::Receiver],
            Component::Source => SOURCES.into_iter().map(Self::Source).collect(),
            Component::ImageReflector => vec![Self::ImageRepository, Self::ImagePolicy],
            Component::ImageAutomation => vec![Self::ImageUpdateAutomation],
        }
    }

    /// The controller that it proves.
    pub const fn component(&self) -> Component {
        match self {
            Self::Release => Component::Helm,
            Self::Kustomization => Component::Kustomize,
            Self::Source(_) => Component::Source,
            Self::Receiver => Component::Notification,
            Self::ImageRepository | Self::ImagePolicy => Component::ImageReflector,
            Self::ImageUpdateAutomation => Component::ImageAutomation,
        }
    }

    /// Its kind, at the newest version.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Release => HELM_RELEASE,
            Self::Kustomization => KUSTOMIZATION,
            Self::Source(kind) => kind.clone(),
            Self::Receiver => RECEIVER,
            Self::ImageRepository => IMAGE_REPOSITORY,
            Self::ImagePolicy => IMAGE_POLICY,
            Self::ImageUpdateAutomation => IMAGE_UPDATE_AUTOMATION,
        }
    }

    /// Whether its controller answers it at this version of its kind.
    pub fn is_answered_at(&self, version: &str) -> bool {
        *self != Self::ImagePolicy || image::policy_is_answered_at(version)
    }

    /// Its specification: suspended, so that it is handled and nothing comes of it; or one of which nothing can come.
    /// What it refers to has its own name and does not exist.
    pub(super) fn spec(&self, name: &str) -> Value {
        match self {
            Self::Release => release::suspended(name),
            Self::Kustomization => serde_json::json!({"interval": "1h", "suspend": true, "prune": false, "path": "./",
                "sourceRef": {"kind": "GitRepository", "name": name}}),
            Self::Source(kind) => source::suspended(kind.kind(), name),
            Self::Receiver => serde_json::json!({"interval": "1h", "suspend": true, "type": "generic",
                "secretRef": {"name": name},
                "resources": [{"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository", "name": name}]}),
            Self::ImageRepository => image::repository(),
            Self::ImagePolicy => image::policy(name),
            Self::ImageUpdateAutomation => image::automation(name),
        }
    }

    /// Whether the controller has answered in a way that needs no echo of the token.
    pub(super) fn is_answered_without_echo(&self, canary: &Object) -> bool {
        *self == Self::ImageUpdateAutomation && image::automation_is_refused(canary)
    }

    /// What is missing besides the token's echo.
    pub(super) fn missing(&self, canary: &Object) -> Option<String> {
        match self {
            Self::Release => release::missing(canary),
            // The others keep observedGeneration -1 while suspended and write the echo only.
            _ => None,
        }
    }

    /// What was read, for the evidence.
    pub(super) const fn field(&self) -> &'static str {
        match self {
            Self::Release => "status.lastHandledReconcileAt and status.observedGeneration",
            Self::ImageUpdateAutomation => "status.conditions[Stalled] and status.observedGeneration",
            _ => "status.lastHandledReconcileAt",
        }
    }
}
