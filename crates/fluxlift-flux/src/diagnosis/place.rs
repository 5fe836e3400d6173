//! Which object, without its API version: what edges point at.

use std::fmt;

/// The kinds that a diagnosis reads.
pub(super) const KINDS: [&str; 8] = [
    "HelmRelease",
    "Kustomization",
    "GitRepository",
    "OCIRepository",
    "HelmRepository",
    "HelmChart",
    "Bucket",
    "ExternalArtifact",
];

/// An object of Flux by kind, namespace and name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The kind, such as `HelmRelease`.
    pub kind: &'static str,
    /// The namespace.
    pub namespace: String,
    /// The name.
    pub name: String,
}

impl Place {
    /// The object `name` of `kind` in `namespace`; `None` for a kind that is not Flux's.
    pub fn new(kind: &str, namespace: impl Into<String>, name: impl Into<String>) -> Option<Self> {
        let kind = KINDS.into_iter().find(|known| *known == kind)?;
        Some(Self { kind, namespace: namespace.into(), name: name.into() })
    }

    /// Whether it is a source.
    pub fn is_source(&self) -> bool {
        !matches!(self.kind, "HelmRelease" | "Kustomization")
    }
}

impl fmt::Display for Place {
    /// `helmrelease/apps/podinfo`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.kind.to_lowercase(), self.namespace, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::{EXTERNAL_ARTIFACT, HELM_RELEASE, KUSTOMIZATION, SOURCES};

    #[test]
    fn every_kind_that_is_listed_has_a_place() {
        for kind in [HELM_RELEASE, KUSTOMIZATION, EXTERNAL_ARTIFACT].into_iter().chain(SOURCES) {
            assert!(Place::new(kind.kind(), "n", "a").is_some(), "{kind}");
        }
        assert_eq!(Place::new("Deployment", "n", "a"), None);
    }
}
