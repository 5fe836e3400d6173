//! What a Talos version expects of a machine configuration.

use fluxlift_core::Version;

use super::ConfigError;

/// The version contract: the major and minor number that decide the shape of what is generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Contract {
    minor: u32,
}

impl Contract {
    /// Talos 1.11: the features are spelled out, the host name sits in the first document.
    pub const V1_11: Self = Self { minor: 11 };
    /// Talos 1.12: the host name has a document of its own.
    pub const V1_12: Self = Self { minor: 12 };
    /// Talos 1.13: so has KubeSpan.
    pub const V1_13: Self = Self { minor: 13 };
    /// Talos 1.14: kubelet, API server, install and more have documents of their own.
    pub const V1_14: Self = Self { minor: 14 };

    /// The contract of a version such as `v1.12.0`.
    ///
    /// # Errors
    /// When the version is older than 1.11 or newer than 1.14.
    pub fn of(version: &Version) -> Result<Self, ConfigError> {
        match version.major_minor() {
            Some((1, minor @ 11..=14)) => Ok(Self { minor }),
            _ => Err(ConfigError::Version { version: version.clone() }),
        }
    }

    /// The same contract, if machine configurations of it can be generated here.
    ///
    /// Whoever reads a version asks for it at once: secrets and machines that no configuration fits are made for nothing.
    ///
    /// # Errors
    /// When they can't be yet.
    pub fn generable(self) -> Result<Self, ConfigError> {
        if self <= Self::V1_13 { Ok(self) } else { Err(ConfigError::Contract { contract: self }) }
    }

    /// `features.rbac`, `apidCheckExtKeyUsage`, `stableHostname` and the API server's own fields are spelled out.
    pub(super) fn spells_features_out(self) -> bool {
        self <= Self::V1_11
    }

    /// Network settings have documents of their own.
    pub(super) fn has_network_documents(self) -> bool {
        self >= Self::V1_12
    }

    /// KubeSpan has a document of its own.
    pub(super) fn has_kubespan_document(self) -> bool {
        self >= Self::V1_13
    }

    /// The cluster's id is standard base64 rather than URL-safe.
    pub(crate) fn has_standard_cluster_id(self) -> bool {
        self >= Self::V1_14
    }
}

impl std::fmt::Display for Contract {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "1.{}", self.minor)
    }
}
