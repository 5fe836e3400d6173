//! Which resource an object is an instance of: what it takes to build its URL.

use std::borrow::Cow;
use std::fmt;

/// A kind of object at one version, with the plural name and scope that its URL needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind {
    group: Cow<'static, str>,
    version: Cow<'static, str>,
    kind: Cow<'static, str>,
    plural: Cow<'static, str>,
    namespaced: bool,
}

impl Kind {
    /// A kind whose objects live in namespaces. The core group is `""`.
    pub const fn namespaced(
        group: &'static str,
        version: &'static str,
        kind: &'static str,
        plural: &'static str,
    ) -> Self {
        Self::fixed(group, version, kind, plural, true)
    }

    /// A kind whose objects belong to the cluster.
    pub const fn cluster(group: &'static str, version: &'static str, kind: &'static str, plural: &'static str) -> Self {
        Self::fixed(group, version, kind, plural, false)
    }

    const fn fixed(
        group: &'static str,
        version: &'static str,
        kind: &'static str,
        plural: &'static str,
        namespaced: bool,
    ) -> Self {
        Self {
            group: Cow::Borrowed(group),
            version: Cow::Borrowed(version),
            kind: Cow::Borrowed(kind),
            plural: Cow::Borrowed(plural),
            namespaced,
        }
    }

    /// A kind that was learnt from the server.
    pub fn discovered(group: &str, version: &str, kind: &str, plural: &str, namespaced: bool) -> Self {
        Self {
            group: Cow::Owned(group.to_owned()),
            version: Cow::Owned(version.to_owned()),
            kind: Cow::Owned(kind.to_owned()),
            plural: Cow::Owned(plural.to_owned()),
            namespaced,
        }
    }

    /// The same kind at another version, such as the one that the cluster serves.
    #[must_use]
    pub fn at_version(mut self, version: &str) -> Self {
        self.version = Cow::Owned(version.to_owned());
        self
    }

    /// The API group; empty for the core group.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// The version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The kind's name, as in `kind:`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The plural, as in URLs.
    pub fn plural(&self) -> &str {
        &self.plural
    }

    /// Whether its objects live in namespaces.
    pub const fn is_namespaced(&self) -> bool {
        self.namespaced
    }

    /// `apps/v1`, or `v1` for the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_string() } else { format!("{}/{}", self.group, self.version) }
    }

    /// The name of the custom resource definition that defines it: `helmreleases.helm.toolkit.fluxcd.io`.
    pub fn crd_name(&self) -> String {
        format!("{}.{}", self.plural, self.group)
    }

    /// The kind in lower case, as people type it: `helmrelease`.
    pub fn word(&self) -> String {
        self.kind.to_lowercase()
    }

    /// The URL of its objects, all of them or those of `namespace`.
    pub fn path(&self, namespace: Option<&str>) -> String {
        let root = if self.group.is_empty() {
            format!("/api/{}", self.version)
        } else {
            format!("/apis/{}/{}", self.group, self.version)
        };
        match namespace.filter(|_| self.namespaced) {
            Some(namespace) => format!("{root}/namespaces/{namespace}/{}", self.plural),
            None => format!("{root}/{}", self.plural),
        }
    }

    /// The built-in kind that `apiVersion` and `kind` name, where it is one that every cluster serves.
    pub fn builtin(api_version: &str, kind: &str) -> Option<&'static Self> {
        BUILTIN.iter().find(|known| known.kind == kind && known.api_version() == api_version)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.api_version(), self.kind)
    }
}

/// Namespaces.
pub const NAMESPACE: Kind = Kind::cluster("", "v1", "Namespace", "namespaces");
/// Nodes.
pub const NODE: Kind = Kind::cluster("", "v1", "Node", "nodes");
/// Pods.
pub const POD: Kind = Kind::namespaced("", "v1", "Pod", "pods");
/// Secrets.
pub const SECRET: Kind = Kind::namespaced("", "v1", "Secret", "secrets");
/// Deployments.
pub const DEPLOYMENT: Kind = Kind::namespaced("apps", "v1", "Deployment", "deployments");
/// ReplicaSets.
pub const REPLICA_SET: Kind = Kind::namespaced("apps", "v1", "ReplicaSet", "replicasets");
/// Leases, by which leaders are elected.
pub const LEASE: Kind = Kind::namespaced("coordination.k8s.io", "v1", "Lease", "leases");
/// Custom resource definitions.
pub const CRD: Kind =
    Kind::cluster("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions");

static BUILTIN: &[Kind] = &[
    NAMESPACE,
    NODE,
    POD,
    SECRET,
    DEPLOYMENT,
    REPLICA_SET,
    LEASE,
    CRD,
    Kind::namespaced("", "v1", "ConfigMap", "configmaps"),
    Kind::namespaced("", "v1", "Service", "services"),
    Kind::namespaced("", "v1", "ServiceAccount", "serviceaccounts"),
    Kind::namespaced("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims"),
    Kind::namespaced("", "v1", "ResourceQuota", "resourcequotas"),
    Kind::namespaced("", "v1", "Event", "events"),
    Kind::namespaced("apps", "v1", "DaemonSet", "daemonsets"),
    Kind::namespaced("apps", "v1", "StatefulSet", "statefulsets"),
    Kind::namespaced("batch", "v1", "Job", "jobs"),
    Kind::namespaced("batch", "v1", "CronJob", "cronjobs"),
    Kind::namespaced("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies"),
    Kind::namespaced("networking.k8s.io", "v1", "Ingress", "ingresses"),
    Kind::namespaced("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets"),
    Kind::namespaced("rbac.authorization.k8s.io", "v1", "Role", "roles"),
    Kind::namespaced("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings"),
    Kind::cluster("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles"),
    Kind::cluster("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings"),
    Kind::cluster("scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_knows_its_url() {
        assert_eq!(POD.path(Some("flux-system")), "/api/v1/namespaces/flux-system/pods");
        assert_eq!(DEPLOYMENT.path(None), "/apis/apps/v1/deployments");
        assert_eq!(NODE.path(Some("ignored")), "/api/v1/nodes");
    }

    #[test]
    fn a_builtin_kind_is_found_by_what_a_manifest_says() {
        assert_eq!(Kind::builtin("apps/v1", "Deployment"), Some(&DEPLOYMENT));
        assert_eq!(Kind::builtin("v1", "Deployment"), None);
    }
}
