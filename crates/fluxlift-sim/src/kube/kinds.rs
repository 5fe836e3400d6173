//! The kinds that every cluster has.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use super::GroupResource;
use super::kind::{Kind, Version};

type Row = (GroupResource, &'static str, &'static str, &'static [&'static str], Traits);

/// What a built-in kind has.
#[derive(Clone, Copy)]
struct Traits {
    namespaced: bool,
    status: bool,
    scale: bool,
    all: bool,
}

const IN: Traits = Traits { namespaced: true, status: false, scale: false, all: false };
const CLUSTER: Traits = Traits { namespaced: false, ..IN };

const fn status(traits: Traits) -> Traits {
    Traits { status: true, ..traits }
}

const fn all(traits: Traits) -> Traits {
    Traits { all: true, ..traits }
}

const fn scale(traits: Traits) -> Traits {
    Traits { scale: true, ..traits }
}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    (GroupResource::NAMESPACES, "v1", "Namespace", &["ns"], status(CLUSTER)),
    (GroupResource::NODES, "v1", "Node", &["no"], status(CLUSTER)),
    (GroupResource::PODS, "v1", "Pod", &["po"], all(status(IN))),
    (GroupResource::SECRETS, "v1", "Secret", &[], IN),
    (GroupResource::CONFIG_MAPS, "v1", "ConfigMap", &["cm"], IN),
    (GroupResource::SERVICES, "v1", "Service", &["svc"], all(status(IN))),
    (GroupResource::ENDPOINTS, "v1", "Endpoints", &["ep"], IN),
    (GroupResource::EVENTS, "v1", "Event", &["ev"], IN),
    (GroupResource::SERVICE_ACCOUNTS, "v1", "ServiceAccount", &["sa"], IN),
    (GroupResource::PERSISTENT_VOLUME_CLAIMS, "v1", "PersistentVolumeClaim", &["pvc"], status(IN)),
    (GroupResource::PERSISTENT_VOLUMES, "v1", "PersistentVolume", &["pv"], status(CLUSTER)),
    (GroupResource::RESOURCE_QUOTAS, "v1", "ResourceQuota", &["quota"], status(IN)),
    (GroupResource::LIMIT_RANGES, "v1", "LimitRange", &["limits"], IN),
    (GroupResource::DEPLOYMENTS, "v1", "Deployment", &["deploy"], scale(all(status(IN)))),
    (GroupResource::REPLICA_SETS, "v1", "ReplicaSet", &["rs"], scale(all(status(IN)))),
    (GroupResource::STATEFUL_SETS, "v1", "StatefulSet", &["sts"], scale(all(status(IN)))),
    (GroupResource::DAEMON_SETS, "v1", "DaemonSet", &["ds"], all(status(IN))),
    (GroupResource::JOBS, "v1", "Job", &[], all(status(IN))),
    (GroupResource::CRON_JOBS, "v1", "CronJob", &["cj"], all(status(IN))),
    (GroupResource::LEASES, "v1", "Lease", &[], IN),
    (GroupResource::ENDPOINT_SLICES, "v1", "EndpointSlice", &[], IN),
    (GroupResource::NETWORK_POLICIES, "v1", "NetworkPolicy", &["netpol"], IN),
    (GroupResource::INGRESSES, "v1", "Ingress", &["ing"], status(IN)),
    (GroupResource::POD_DISRUPTION_BUDGETS, "v1", "PodDisruptionBudget", &["pdb"], status(IN)),
    (GroupResource::ROLES, "v1", "Role", &[], IN),
    (GroupResource::ROLE_BINDINGS, "v1", "RoleBinding", &[], IN),
    (GroupResource::CLUSTER_ROLES, "v1", "ClusterRole", &[], CLUSTER),
    (GroupResource::CLUSTER_ROLE_BINDINGS, "v1", "ClusterRoleBinding", &[], CLUSTER),
    (GroupResource::STORAGE_CLASSES, "v1", "StorageClass", &["sc"], CLUSTER),
    (GroupResource::PRIORITY_CLASSES, "v1", "PriorityClass", &["pc"], CLUSTER),
    (GroupResource::VALIDATING_WEBHOOKS, "v1", "ValidatingWebhookConfiguration", &[], CLUSTER),
    (GroupResource::MUTATING_WEBHOOKS, "v1", "MutatingWebhookConfiguration", &[], CLUSTER),
    (GroupResource::CUSTOM_RESOURCE_DEFINITIONS, "v1", "CustomResourceDefinition", &["crd", "crds"], status(CLUSTER)),
    (GroupResource::API_SERVICES, "v1", "APIService", &[], status(CLUSTER)),
];

static KINDS: LazyLock<BTreeMap<GroupResource, Arc<Kind>>> =
    LazyLock::new(|| ROWS.iter().map(|row| (row.0.clone(), Arc::new(built_in(row)))).collect());

fn built_in((gr, version, kind, short, traits): &Row) -> Kind {
    let scale = traits.scale.then(|| {
        Arc::new(serde_json::json!({
            "specReplicasPath": ".spec.replicas",
            "statusReplicasPath": ".status.replicas",
            "labelSelectorPath": ".spec.selector",
        }))
    });
    let version = Version {
        name: Cow::Borrowed(*version),
        status: traits.status,
        scale,
        schema: None,
        columns: Vec::new(),
        deprecated: false,
    };
    Kind {
        gr: gr.clone(),
        kind: Cow::Borrowed(kind),
        singular: Cow::Owned(kind.to_lowercase()),
        short_names: short.iter().map(|s| Cow::Borrowed(*s)).collect(),
        categories: if traits.all { vec![Cow::Borrowed("all")] } else { Vec::new() },
        namespaced: traits.namespaced,
        storage: version.name.clone(),
        versions: vec![version],
        custom: false,
    }
}

/// Every built-in kind.
pub fn built_ins() -> &'static BTreeMap<GroupResource, Arc<Kind>> {
    &KINDS
}
