//! Columns as functions of an object.

use fluxlift_core::Timestamp;
use serde_json::{Value, json};

use super::{age, builtin, workload};
use crate::kube::{GroupResource, meta};

/// One column of a built-in kind.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// The heading.
    pub name: &'static str,
    /// The type: `string`, `integer`.
    pub kind: &'static str,
    /// Zero for columns that are always shown.
    pub priority: i32,
    /// What stands in it.
    pub cell: fn(&Value, Timestamp) -> Value,
}

/// A column of text.
pub const fn text(name: &'static str, cell: fn(&Value, Timestamp) -> Value) -> Column {
    Column { name, kind: "string", priority: 0, cell }
}

/// A column of numbers.
pub const fn number(name: &'static str, cell: fn(&Value, Timestamp) -> Value) -> Column {
    Column { name, kind: "integer", priority: 0, cell }
}

/// A column that only the wide form shows.
pub const fn wide(name: &'static str, cell: fn(&Value, Timestamp) -> Value) -> Column {
    Column { name, kind: "string", priority: 1, cell }
}

/// How old an object is.
pub const AGE: Column =
    text("Age", |object, now| json!(age::since(meta::text(object, &["metadata", "creationTimestamp"]), now)));

/// When an object was made.
pub const CREATED_AT: Column = Column {
    name: "Created At",
    kind: "date",
    priority: 0,
    cell: |object, _| object["metadata"]["creationTimestamp"].clone(),
};

/// The columns of a built-in kind behind its name.
pub fn of(gr: &GroupResource) -> &'static [Column] {
    let tables: &[(GroupResource, &'static [Column])] = &[
        (GroupResource::PODS, workload::POD),
        (GroupResource::DEPLOYMENTS, workload::DEPLOYMENT),
        (GroupResource::REPLICA_SETS, workload::REPLICA_SET),
        (GroupResource::STATEFUL_SETS, workload::STATEFUL_SET),
        (GroupResource::DAEMON_SETS, workload::DAEMON_SET),
        (GroupResource::JOBS, workload::JOB),
        (GroupResource::NODES, builtin::NODE),
        (GroupResource::NAMESPACES, builtin::NAMESPACE),
        (GroupResource::SECRETS, builtin::SECRET),
        (GroupResource::CONFIG_MAPS, builtin::CONFIG_MAP),
        (GroupResource::SERVICES, builtin::SERVICE),
        (GroupResource::SERVICE_ACCOUNTS, builtin::SERVICE_ACCOUNT),
        (GroupResource::EVENTS, builtin::EVENT),
        (GroupResource::LEASES, builtin::LEASE),
        (GroupResource::NETWORK_POLICIES, builtin::NETWORK_POLICY),
        (GroupResource::PERSISTENT_VOLUME_CLAIMS, builtin::CLAIM),
        (GroupResource::ROLE_BINDINGS, builtin::BINDING),
        (GroupResource::CLUSTER_ROLE_BINDINGS, builtin::BINDING),
        (GroupResource::ROLES, &[CREATED_AT]),
        (GroupResource::CLUSTER_ROLES, &[CREATED_AT]),
        (GroupResource::CUSTOM_RESOURCE_DEFINITIONS, &[CREATED_AT]),
    ];
    tables.iter().find(|(known, _)| known == gr).map_or(&[AGE], |(_, columns)| columns)
}
