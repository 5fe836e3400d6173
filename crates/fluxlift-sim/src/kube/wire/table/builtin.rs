//! Columns of the other built-in kinds.

use fluxlift_core::Timestamp;
use serde_json::{Value, json};

use super::age;
use super::columns::{AGE, Column, number, text, wide};
use crate::kube::meta;

fn or_none(text: String) -> Value {
    json!(if text.is_empty() { "<none>".to_owned() } else { text })
}

fn pairs(object: &Value, path: &[&str]) -> String {
    let map = meta::at(object, path).and_then(Value::as_object);
    let pairs = map.into_iter().flatten().map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()));
    pairs.collect::<Vec<_>>().join(",")
}

fn size(object: &Value, fields: &[&str]) -> Value {
    let of = |field: &&str| object.get(*field).and_then(Value::as_object).map_or(0, serde_json::Map::len);
    json!(fields.iter().map(of).sum::<usize>())
}

/// Namespaces.
pub const NAMESPACE: &[Column] = &[text("Status", |o, _| json!(meta::text(o, &["status", "phase"]))), AGE];

/// Secrets.
pub const SECRET: &[Column] =
    &[text("Type", |o, _| json!(meta::text(o, &["type"]))), number("Data", |o, _| size(o, &["data"])), AGE];

/// ConfigMaps.
pub const CONFIG_MAP: &[Column] = &[number("Data", |o, _| size(o, &["data", "binaryData"])), AGE];

/// ServiceAccounts.
pub const SERVICE_ACCOUNT: &[Column] = &[number("Secrets", |o, _| json!(meta::list(o, &["secrets"]).len())), AGE];

/// Leases.
pub const LEASE: &[Column] = &[text("Holder", |o, _| json!(meta::text(o, &["spec", "holderIdentity"]))), AGE];

/// NetworkPolicies.
pub const NETWORK_POLICY: &[Column] =
    &[text("Pod-Selector", |o, _| or_none(pairs(o, &["spec", "podSelector", "matchLabels"]))), AGE];

/// RoleBindings and ClusterRoleBindings.
pub const BINDING: &[Column] = &[
    text("Role", |o, _| {
        json!(format!("{}/{}", meta::text(o, &["roleRef", "kind"]), meta::text(o, &["roleRef", "name"])))
    }),
    AGE,
];

/// PersistentVolumeClaims.
pub const CLAIM: &[Column] = &[
    text("Status", |o, _| json!(meta::text(o, &["status", "phase"]))),
    text("Volume", |o, _| json!(meta::text(o, &["spec", "volumeName"]))),
    text("Capacity", |o, _| json!(meta::text(o, &["status", "capacity", "storage"]))),
    text("Access Modes", |o, _| {
        let modes = meta::list(o, &["spec", "accessModes"]).iter().filter_map(Value::as_str).map(|mode| match mode {
            "ReadWriteOnce" => "RWO",
            "ReadOnlyMany" => "ROX",
            "ReadWriteMany" => "RWX",
            "ReadWriteOncePod" => "RWOP",
            other => other,
        });
        json!(modes.collect::<Vec<_>>().join(","))
    }),
    text("StorageClass", |o, _| json!(meta::text(o, &["spec", "storageClassName"]))),
    AGE,
];

/// Services.
pub const SERVICE: &[Column] = &[
    text("Type", |o, _| json!(meta::text(o, &["spec", "type"]))),
    text("Cluster-IP", |o, _| or_none(meta::text(o, &["spec", "clusterIP"]).to_owned())),
    text("External-IP", |o, _| {
        let given = meta::list(o, &["status", "loadBalancer", "ingress"]).iter().map(|i| meta::text(i, &["ip"]));
        let given = given.collect::<Vec<_>>().join(",");
        let pending = given.is_empty() && meta::text(o, &["spec", "type"]) == "LoadBalancer";
        if pending { json!("<pending>") } else { or_none(given) }
    }),
    text("Port(s)", |o, _| {
        let ports = meta::list(o, &["spec", "ports"]).iter().map(|port| {
            let node = port["nodePort"].as_i64().map(|p| format!(":{p}")).unwrap_or_default();
            format!("{}{node}/{}", port["port"], port["protocol"].as_str().unwrap_or("TCP"))
        });
        or_none(ports.collect::<Vec<_>>().join(","))
    }),
    AGE,
    wide("Selector", |o, _| or_none(pairs(o, &["spec", "selector"]))),
];

/// Nodes.
pub const NODE: &[Column] = &[
    text("Status", |o, _| {
        let ready = meta::list(o, &["status", "conditions"]).iter().find(|c| c["type"] == "Ready");
        let word = match ready.map(|c| meta::text(c, &["status"])) {
            Some("True") => "Ready",
            Some("False" | "Unknown") => "NotReady",
            _ => "Unknown",
        };
        let cordoned = o["spec"]["unschedulable"] == true;
        json!(if cordoned { format!("{word},SchedulingDisabled") } else { word.to_owned() })
    }),
    text("Roles", |o, _| {
        let labels = meta::at(o, &["metadata", "labels"]).and_then(Value::as_object);
        let roles = labels.into_iter().flatten().filter_map(|(name, _)| name.strip_prefix("node-role.kubernetes.io/"));
        or_none(roles.collect::<Vec<_>>().join(","))
    }),
    AGE,
    text("Version", |o, _| json!(meta::text(o, &["status", "nodeInfo", "kubeletVersion"]))),
    wide("Internal-IP", |o, _| address(o, "InternalIP")),
    wide("External-IP", |o, _| address(o, "ExternalIP")),
    wide("OS-Image", |o, _| json!(meta::text(o, &["status", "nodeInfo", "osImage"]))),
    wide("Kernel-Version", |o, _| json!(meta::text(o, &["status", "nodeInfo", "kernelVersion"]))),
    wide("Container-Runtime", |o, _| json!(meta::text(o, &["status", "nodeInfo", "containerRuntimeVersion"]))),
];

fn address(node: &Value, kind: &str) -> Value {
    let found = meta::list(node, &["status", "addresses"]).iter().find(|a| a["type"] == kind);
    or_none(found.map(|a| meta::text(a, &["address"]).to_owned()).unwrap_or_default())
}

/// Events.
pub const EVENT: &[Column] = &[
    text("Last Seen", last_seen),
    text("Type", |o, _| json!(meta::text(o, &["type"]))),
    text("Reason", |o, _| json!(meta::text(o, &["reason"]))),
    text("Object", |o, _| {
        let of = &o["involvedObject"];
        json!(format!("{}/{}", meta::text(of, &["kind"]).to_lowercase(), meta::text(of, &["name"])))
    }),
    wide("Subobject", |o, _| json!(meta::text(o, &["involvedObject", "fieldPath"]))),
    wide("Source", |o, _| json!(meta::text(o, &["source", "component"]))),
    text("Message", |o, _| json!(meta::text(o, &["message"]).trim())),
    wide("Count", |o, _| json!(o["count"].as_i64().unwrap_or(1).to_string())),
    wide("Name", |o, _| json!(meta::name(o))),
];

fn last_seen(event: &Value, now: Timestamp) -> Value {
    let moments = [
        meta::text(event, &["series", "lastObservedTime"]),
        meta::text(event, &["lastTimestamp"]),
        meta::text(event, &["eventTime"]),
        meta::text(event, &["metadata", "creationTimestamp"]),
    ];
    json!(age::since(moments.into_iter().find(|m| !m.is_empty()).unwrap_or_default(), now))
}
