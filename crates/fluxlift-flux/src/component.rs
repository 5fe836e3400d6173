//! The controllers of a Flux distribution.

use std::fmt;

/// A controller that canaries can prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Component {
    /// source-controller
    Source,
    /// kustomize-controller
    Kustomize,
    /// helm-controller
    Helm,
    /// notification-controller
    Notification,
    /// image-reflector-controller, only where it is listed
    ImageReflector,
    /// image-automation-controller, only where it is listed
    ImageAutomation,
}

impl Component {
    /// Those that an instance has unless it lists its own.
    pub const DEFAULT: [Self; 4] = [Self::Source, Self::Kustomize, Self::Helm, Self::Notification];

    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Source, Self::Kustomize, Self::Helm, Self::Notification, Self::ImageReflector, Self::ImageAutomation];

    /// Its name: that of its Deployment, its `app` label and its container.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Source => "source-controller",
            Self::Kustomize => "kustomize-controller",
            Self::Helm => "helm-controller",
            Self::Notification => "notification-controller",
            Self::ImageReflector => "image-reflector-controller",
            Self::ImageAutomation => "image-automation-controller",
        }
    }

    /// The component that a name means.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|component| component.name() == name)
    }

    /// What the name of its Lease begins with; a shard's goes on with a hash of its selector.
    pub fn lease_prefix(self) -> String {
        format!("{}-leader-election", self.name())
    }

    /// Whether it can be split into shards.
    pub const fn can_be_sharded(self) -> bool {
        !matches!(self, Self::Notification)
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
