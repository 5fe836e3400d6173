//! The kinds whose statuses are compared, and how an object of theirs is called in a situation.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// Kind, group, version and resource.
const KINDS: [(&str, &str, &str, &str); 7] = [
    ("FluxInstance", "fluxcd.controlplane.io", "v1", "fluxinstances"),
    ("GitRepository", "source.toolkit.fluxcd.io", "v1", "gitrepositories"),
    ("OCIRepository", "source.toolkit.fluxcd.io", "v1", "ocirepositories"),
    ("HelmRepository", "source.toolkit.fluxcd.io", "v1", "helmrepositories"),
    ("HelmChart", "source.toolkit.fluxcd.io", "v1", "helmcharts"),
    ("Kustomization", "kustomize.toolkit.fluxcd.io", "v1", "kustomizations"),
    ("HelmRelease", "helm.toolkit.fluxcd.io", "v2", "helmreleases"),
];

/// An object of one of these kinds, written `Kind/namespace/name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// Its kind.
    pub kind: &'static str,
    /// Its kind's group.
    pub group: &'static str,
    /// The version by which it is addressed.
    pub version: &'static str,
    /// Its kind's resource.
    pub resource: &'static str,
    /// Where it is.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl Subject {
    /// Where etcd keeps it, below `/registry/`.
    pub fn etcd_key(&self) -> String {
        format!("{}/{}/{}/{}", self.group, self.resource, self.namespace, self.name)
    }
}

impl FromStr for Subject {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.splitn(3, '/');
        let (Some(kind), Some(namespace), Some(name)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(format!("{text:?} is not Kind/namespace/name"));
        };
        let known = KINDS.iter().find(|known| known.0 == kind);
        let &(kind, group, version, resource) =
            known.ok_or_else(|| format!("{kind} is not a kind that is compared"))?;
        Ok(Self { kind, group, version, resource, namespace: namespace.to_owned(), name: name.to_owned() })
    }
}

impl<'de> Deserialize<'de> for Subject {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.kind, self.namespace, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_knows_where_etcd_keeps_it() {
        let subject: Subject = "GitRepository/likeness/app".parse().unwrap();
        assert_eq!(subject.etcd_key(), "source.toolkit.fluxcd.io/gitrepositories/likeness/app");
        assert_eq!(subject.to_string(), "GitRepository/likeness/app");
        assert!("Pod/likeness/app".parse::<Subject>().is_err() && "HelmRelease/app".parse::<Subject>().is_err());
    }
}
