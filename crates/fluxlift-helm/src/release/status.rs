//! The status of a revision.

use std::fmt;
use std::str::FromStr;

/// Where a revision is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// It is in the cluster.
    Deployed,
    /// A later revision replaced it.
    Superseded,
    /// It did not come up.
    Failed,
    /// An installation is, or was, under way.
    PendingInstall,
    /// An upgrade is, or was, under way.
    PendingUpgrade,
    /// A rollback is, or was, under way.
    PendingRollback,
    /// A removal is, or was, under way.
    Uninstalling,
    /// It was removed, and its history kept.
    Uninstalled,
    /// Something that Helm does not define.
    Unknown,
}

impl Status {
    const ALL: [Self; 9] = [
        Self::Deployed,
        Self::Superseded,
        Self::Failed,
        Self::PendingInstall,
        Self::PendingUpgrade,
        Self::PendingRollback,
        Self::Uninstalling,
        Self::Uninstalled,
        Self::Unknown,
    ];

    /// The word that Helm stores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deployed => "deployed",
            Self::Superseded => "superseded",
            Self::Failed => "failed",
            Self::PendingInstall => "pending-install",
            Self::PendingUpgrade => "pending-upgrade",
            Self::PendingRollback => "pending-rollback",
            Self::Uninstalling => "uninstalling",
            Self::Uninstalled => "uninstalled",
            Self::Unknown => "unknown",
        }
    }

    /// Whether an action was begun and not ended. Helm refuses to touch such a release.
    pub const fn is_pending(self) -> bool {
        matches!(self, Self::PendingInstall | Self::PendingUpgrade | Self::PendingRollback)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Status {
    type Err = std::convert::Infallible;

    /// A word that is not one of Helm's is [`Status::Unknown`].
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Ok(Self::ALL.into_iter().find(|status| status.as_str() == word).unwrap_or(Self::Unknown))
    }
}
