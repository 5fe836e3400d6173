//! What is refused.

use serde_json::Value;

use super::schema;
use crate::kube::shape::Shape;
use crate::kube::{Cause, GroupResource, Key, Kind, Status, meta};

/// Checks a new object.
///
/// # Errors
/// 422 with everything that is wrong with it.
pub fn check(kind: &Kind, key: &Key, object: &Value) -> Result<(), Status> {
    let mut causes = Vec::new();
    check_name(kind, &key.name, &mut causes);
    check_body(kind, None, object, &mut causes);
    refuse(kind, key, causes)
}

/// Checks the next state of an object.
///
/// # Errors
/// 422 with everything that is wrong with it.
pub fn check_update(kind: &Kind, key: &Key, live: &Value, next: &Value) -> Result<(), Status> {
    let mut causes = Vec::new();
    check_body(kind, Some(live), next, &mut causes);
    for path in immutable(kind) {
        let (before, after) = (meta::at(live, path), meta::at(next, path));
        if before != after && (before.is_some() || path.last() != Some(&"clusterIP")) {
            let shown = after.map_or_else(|| "null".into(), Value::to_string);
            causes.push(Cause {
                reason: "FieldValueInvalid".into(),
                message: format!("Invalid value: {shown}: field is immutable"),
                field: path.join("."),
            });
        }
    }
    if meta::at(live, &["immutable"]) == Some(&Value::Bool(true)) && live.get("data") != next.get("data") {
        causes.push(Cause {
            reason: "FieldValueForbidden".into(),
            message: "Forbidden: field is immutable when `immutable` is set".into(),
            field: "data".into(),
        });
    }
    if meta::at(live, &["immutable"]) == Some(&Value::Bool(true)) && live.get("immutable") != next.get("immutable") {
        causes.push(Cause {
            reason: "FieldValueForbidden".into(),
            message: "Forbidden: field is immutable when `immutable` is set".into(),
            field: "immutable".into(),
        });
    }
    if meta::is_terminating(live) {
        let old: Vec<_> = meta::finalizers(live).collect();
        let added = meta::finalizers(next).filter(|f| !old.contains(f)).map(|f| format!("{f:?}"));
        let added = added.collect::<Vec<_>>().join(", ");
        if !added.is_empty() {
            causes.push(Cause {
                reason: "FieldValueForbidden".into(),
                message: format!("Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{{{added}}}"),
                field: "metadata.finalizers".into(),
            });
        }
    }
    refuse(kind, key, causes)
}

fn refuse(kind: &Kind, key: &Key, causes: Vec<Cause>) -> Result<(), Status> {
    if causes.is_empty() { Ok(()) } else { Err(Status::invalid(&kind.gr.group, &kind.kind, &key.name, causes)) }
}

fn immutable(kind: &Kind) -> &'static [&'static [&'static str]] {
    match &kind.gr {
        gr if [GroupResource::DEPLOYMENTS, GroupResource::REPLICA_SETS, GroupResource::DAEMON_SETS].contains(gr) => {
            &[&["spec", "selector"]]
        }
        gr if *gr == GroupResource::STATEFUL_SETS => &[&["spec", "selector"], &["spec", "serviceName"]],
        gr if *gr == GroupResource::JOBS => &[&["spec", "template"]],
        gr if *gr == GroupResource::SECRETS => &[&["type"]],
        gr if *gr == GroupResource::SERVICES => &[&["spec", "clusterIP"]],
        gr if [GroupResource::ROLE_BINDINGS, GroupResource::CLUSTER_ROLE_BINDINGS].contains(gr) => &[&["roleRef"]],
        gr if *gr == GroupResource::CUSTOM_RESOURCE_DEFINITIONS => &[&["spec", "group"], &["spec", "scope"]],
        _ => &[],
    }
}

fn check_name(kind: &Kind, name: &str, causes: &mut Vec<Cause>) {
    let path_segment = kind.gr.group == "rbac.authorization.k8s.io";
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    let label = [GroupResource::NAMESPACES, GroupResource::SERVICES].contains(&kind.gr);
    let limit = if label { 63 } else { 253 };
    let fits = if path_segment {
        !name.contains(['/', '%']) && name != "." && name != ".."
    } else {
        edge(name.chars().next())
            && edge(name.chars().last())
            && name.chars().all(inner)
            && !(label && name.contains('.'))
    };
    if !fits {
        causes.push(Cause {
            reason: "FieldValueInvalid".into(),
            message: format!(
                "Invalid value: {name:?}: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"
            ),
            field: "metadata.name".into(),
        });
    }
    if name.len() > limit {
        causes.push(Cause {
            reason: "FieldValueInvalid".into(),
            message: format!("Invalid value: {name:?}: must be no more than {limit} characters"),
            field: "metadata.name".into(),
        });
    }
}

fn check_body(kind: &Kind, live: Option<&Value>, object: &Value, causes: &mut Vec<Cause>) {
    if kind.custom {
        if let Shape::Custom(Some(schema)) = Shape::of(kind, meta::text(object, &["apiVersion"])) {
            causes.extend(schema::validate(object, live, schema));
        }
        return;
    }
    let workloads = [
        GroupResource::DEPLOYMENTS,
        GroupResource::REPLICA_SETS,
        GroupResource::STATEFUL_SETS,
        GroupResource::DAEMON_SETS,
    ];
    if workloads.contains(&kind.gr) {
        check_workload(object, causes);
    } else if kind.gr == GroupResource::PODS {
        check_containers(object, &["spec", "containers"], causes);
    } else if kind.gr == GroupResource::SERVICES {
        let portless = meta::text(object, &["spec", "type"]) == "ExternalName"
            || meta::text(object, &["spec", "clusterIP"]) == "None";
        if !portless && meta::list(object, &["spec", "ports"]).is_empty() {
            require(causes, "spec.ports");
        }
    } else if kind.gr == GroupResource::CUSTOM_RESOURCE_DEFINITIONS {
        check_definition(object, causes);
    }
}

fn require(causes: &mut Vec<Cause>, field: impl Into<String>) {
    causes.push(Cause { reason: "FieldValueRequired".into(), message: "Required value".into(), field: field.into() });
}

fn check_workload(object: &Value, causes: &mut Vec<Cause>) {
    match meta::at(object, &["spec", "selector"]) {
        None => require(causes, "spec.selector"),
        Some(selector) => {
            let labels = meta::at(object, &["spec", "template", "metadata", "labels"]);
            for (name, value) in selector.get("matchLabels").and_then(Value::as_object).into_iter().flatten() {
                if labels.and_then(|labels| labels.get(name)) != Some(value) {
                    causes.push(Cause {
                        reason: "FieldValueInvalid".into(),
                        message: format!(
                            "Invalid value: {}: `selector` does not match template `labels`",
                            labels.unwrap_or(&Value::Null)
                        ),
                        field: "spec.template.metadata.labels".into(),
                    });
                    break;
                }
            }
        }
    }
    check_containers(object, &["spec", "template", "spec", "containers"], causes);
}

fn check_containers(object: &Value, path: &[&str], causes: &mut Vec<Cause>) {
    let containers = meta::list(object, path);
    if containers.is_empty() {
        require(causes, path.join("."));
    }
    for (index, container) in containers.iter().enumerate() {
        for field in ["name", "image"] {
            if meta::text(container, &[field]).is_empty() {
                require(causes, format!("{}[{index}].{field}", path.join(".")));
            }
        }
    }
}

fn check_definition(object: &Value, causes: &mut Vec<Cause>) {
    let wanted =
        format!("{}.{}", meta::text(object, &["spec", "names", "plural"]), meta::text(object, &["spec", "group"]));
    if meta::name(object) != wanted {
        causes.push(Cause {
            reason: "FieldValueInvalid".into(),
            message: format!("Invalid value: {:?}: must be spec.names.plural+\".\"+spec.group", meta::name(object)),
            field: "metadata.name".into(),
        });
    }
    let scope = meta::text(object, &["spec", "scope"]);
    if !["Cluster", "Namespaced"].contains(&scope) {
        causes.push(Cause {
            reason: "FieldValueNotSupported".into(),
            message: format!(r#"Unsupported value: {scope:?}: supported values: "Cluster", "Namespaced""#),
            field: "spec.scope".into(),
        });
    }
    for (index, version) in meta::list(object, &["spec", "versions"]).iter().enumerate() {
        if meta::at(version, &["schema", "openAPIV3Schema"]).is_none() {
            require(causes, format!("spec.versions[{index}].schema.openAPIV3Schema"));
        }
    }
    let storing = meta::list(object, &["spec", "versions"]).iter().filter(|v| v["storage"] == true).count();
    if storing != 1 {
        causes.push(Cause {
            reason: "FieldValueInvalid".into(),
            message: "Invalid value: must have exactly one version marked as storage version".into(),
            field: "spec.versions".into(),
        });
    }
}
