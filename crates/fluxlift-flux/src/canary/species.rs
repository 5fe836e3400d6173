//! The species of suspended canaries: one for each kind that has a controller of its own.

use fluxlift_kube::{Kind, Object};
use serde_json::Value;

use super::{release, source};
use crate::Component;
use crate::kinds::{HELM_RELEASE, KUSTOMIZATION, RECEIVER, SOURCES};

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
}

impl Species {
    /// The species that prove `component`.
    pub fn of(component: Component) -> Vec<Self> {
        match component {
            Component::Helm => vec![Self::Release],
            Component::Kustomize => vec![Self::Kustomization],
            Component::Notification => vec![Self::Receiver],
            Component::Source => SOURCES.into_iter().map(Self::Source).collect(),
        }
    }

    /// The controller that it proves.
    pub const fn component(&self) -> Component {
        match self {
            Self::Release => Component::Helm,
            Self::Kustomization => Component::Kustomize,
            Self::Source(_) => Component::Source,
            Self::Receiver => Component::Notification,
        }
    }

    /// Its kind, at the newest version.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Release => HELM_RELEASE,
            Self::Kustomization => KUSTOMIZATION,
            Self::Source(kind) => kind.clone(),
            Self::Receiver => RECEIVER,
        }
    }

    /// Its specification: suspended, so that it is handled and nothing comes of it. What it refers to has its own name
    /// and does not exist.
    pub(super) fn spec(&self, name: &str) -> Value {
        match self {
            Self::Release => release::suspended(name),
            Self::Kustomization => serde_json::json!({"interval": "1h", "suspend": true, "prune": false, "path": "./",
                "sourceRef": {"kind": "GitRepository", "name": name}}),
            Self::Source(kind) => source::suspended(kind.kind(), name),
            Self::Receiver => serde_json::json!({"interval": "1h", "suspend": true, "type": "generic",
                "secretRef": {"name": name},
                "resources": [{"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository", "name": name}]}),
        }
    }

    /// What is missing besides the token's echo.
    pub(super) fn missing(&self, canary: &Object) -> Option<String> {
        match self {
            Self::Release => release::missing(canary),
            // The others keep observedGeneration -1 while suspended and write the echo only.
            Self::Kustomization | Self::Source(_) | Self::Receiver => None,
        }
    }

    /// What was read, for the evidence.
    pub(super) const fn field(&self) -> &'static str {
        match self {
            Self::Release => "status.lastHandledReconcileAt and status.observedGeneration",
            Self::Kustomization | Self::Source(_) | Self::Receiver => "status.lastHandledReconcileAt",
        }
    }
}
