//! What an object is called: its resource, its namespace and its name.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A resource of an API group, whatever its version, such as `deployments.apps`; the core group is empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub struct GroupResource {
    /// The API group.
    pub group: Cow<'static, str>,
    /// The plural name in paths.
    pub resource: Cow<'static, str>,
}

impl GroupResource {
    /// A resource known at compile time.
    pub const fn known(group: &'static str, resource: &'static str) -> Self {
        Self { group: Cow::Borrowed(group), resource: Cow::Borrowed(resource) }
    }

    /// A resource known at run time.
    pub fn new(group: impl Into<String>, resource: impl Into<String>) -> Self {
        Self { group: Cow::Owned(group.into()), resource: Cow::Owned(resource.into()) }
    }
}

macro_rules! known {
    ($($(#[$doc:meta])* $name:ident = $group:literal, $resource:literal;)*) => {
        impl GroupResource { $($(#[$doc])* pub const $name: Self = Self::known($group, $resource);)* }
    };
}

known! {
    /// Pods.
    PODS = "", "pods";
    /// Nodes.
    NODES = "", "nodes";
    /// Namespaces.
    NAMESPACES = "", "namespaces";
    /// Secrets.
    SECRETS = "", "secrets";
    /// ConfigMaps.
    CONFIG_MAPS = "", "configmaps";
    /// Services.
    SERVICES = "", "services";
    /// Endpoints.
    ENDPOINTS = "", "endpoints";
    /// Events of the core group.
    EVENTS = "", "events";
    /// ServiceAccounts.
    SERVICE_ACCOUNTS = "", "serviceaccounts";
    /// PersistentVolumeClaims.
    PERSISTENT_VOLUME_CLAIMS = "", "persistentvolumeclaims";
    /// PersistentVolumes.
    PERSISTENT_VOLUMES = "", "persistentvolumes";
    /// ResourceQuotas.
    RESOURCE_QUOTAS = "", "resourcequotas";
    /// LimitRanges.
    LIMIT_RANGES = "", "limitranges";
    /// Deployments.
    DEPLOYMENTS = "apps", "deployments";
    /// ReplicaSets.
    REPLICA_SETS = "apps", "replicasets";
    /// StatefulSets.
    STATEFUL_SETS = "apps", "statefulsets";
    /// DaemonSets.
    DAEMON_SETS = "apps", "daemonsets";
    /// Jobs.
    JOBS = "batch", "jobs";
    /// CronJobs.
    CRON_JOBS = "batch", "cronjobs";
    /// Leases.
    LEASES = "coordination.k8s.io", "leases";
    /// EndpointSlices.
    ENDPOINT_SLICES = "discovery.k8s.io", "endpointslices";
    /// NetworkPolicies.
    NETWORK_POLICIES = "networking.k8s.io", "networkpolicies";
    /// Ingresses.
    INGRESSES = "networking.k8s.io", "ingresses";
    /// PodDisruptionBudgets.
    POD_DISRUPTION_BUDGETS = "policy", "poddisruptionbudgets";
    /// Roles.
    ROLES = "rbac.authorization.k8s.io", "roles";
    /// RoleBindings.
    ROLE_BINDINGS = "rbac.authorization.k8s.io", "rolebindings";
    /// ClusterRoles.
    CLUSTER_ROLES = "rbac.authorization.k8s.io", "clusterroles";
    /// ClusterRoleBindings.
    CLUSTER_ROLE_BINDINGS = "rbac.authorization.k8s.io", "clusterrolebindings";
    /// StorageClasses.
    STORAGE_CLASSES = "storage.k8s.io", "storageclasses";
    /// PriorityClasses.
    PRIORITY_CLASSES = "scheduling.k8s.io", "priorityclasses";
    /// ValidatingWebhookConfigurations.
    VALIDATING_WEBHOOKS = "admissionregistration.k8s.io", "validatingwebhookconfigurations";
    /// MutatingWebhookConfigurations.
    MUTATING_WEBHOOKS = "admissionregistration.k8s.io", "mutatingwebhookconfigurations";
    /// CustomResourceDefinitions.
    CUSTOM_RESOURCE_DEFINITIONS = "apiextensions.k8s.io", "customresourcedefinitions";
    /// APIServices.
    API_SERVICES = "apiregistration.k8s.io", "apiservices";
}

impl fmt::Display for GroupResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.resource)?;
        if !self.group.is_empty() {
            write!(f, ".{}", self.group)?;
        }
        Ok(())
    }
}

impl From<GroupResource> for String {
    fn from(resource: GroupResource) -> Self {
        resource.to_string()
    }
}

impl From<String> for GroupResource {
    fn from(text: String) -> Self {
        let (resource, group) = text.split_once('.').unwrap_or((&text, ""));
        Self::new(group, resource)
    }
}

/// Where one object is stored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Key {
    /// What it is.
    pub gr: GroupResource,
    /// Its namespace; none for what is cluster-wide.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

impl Key {
    /// The key of an object in a namespace.
    pub fn namespaced(gr: &GroupResource, namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { gr: gr.clone(), namespace: Some(namespace.into()), name: name.into() }
    }

    /// The key of a cluster-wide object.
    pub fn cluster(gr: &GroupResource, name: impl Into<String>) -> Self {
        Self { gr: gr.clone(), namespace: None, name: name.into() }
    }

    /// The key of an object whose namespace may be absent.
    pub fn of(gr: &GroupResource, namespace: Option<&str>, name: &str) -> Self {
        Self { gr: gr.clone(), namespace: namespace.map(str::to_owned), name: name.to_owned() }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.gr, self.namespace.as_deref().unwrap_or_default(), self.name)
    }
}

impl From<Key> for String {
    fn from(key: Key) -> Self {
        key.to_string()
    }
}

/// Text that is not `resource.group/namespace/name`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not a key of the form resource.group/namespace/name")]
pub struct KeyError {
    given: String,
}

impl TryFrom<String> for Key {
    type Error = KeyError;

    fn try_from(text: String) -> Result<Self, KeyError> {
        let mut parts = text.splitn(3, '/');
        let (Some(gr), Some(namespace), Some(name)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError { given: text });
        };
        let (resource, group) = gr.split_once('.').unwrap_or((gr, ""));
        Ok(Self::of(&GroupResource::new(group, resource), (!namespace.is_empty()).then_some(namespace), name))
    }
}
