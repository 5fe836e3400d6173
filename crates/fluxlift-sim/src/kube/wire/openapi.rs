//! OpenAPI v3: one document for each group and version.
//!
//! Custom kinds have their definition's schema. Built-in kinds are described only as far as clients need for apply:
//! that they are objects, and that a PATCH of them takes `fieldValidation`. Their fields are not described.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::answer::{self, Answer};
use crate::kube::{ApiServer, Kind, Status, Version};

fn path_of(kind: &Kind, version: &str) -> String {
    if kind.gr.group.is_empty() { format!("api/{version}") } else { format!("apis/{}/{version}", kind.gr.group) }
}

/// `/openapi/v3`: where the documents are.
pub fn index(api: &ApiServer) -> Answer {
    let paths: BTreeSet<_> =
        api.kinds().flat_map(|kind| kind.versions.iter().map(|version| path_of(kind, &version.name))).collect();
    let paths: Map<String, Value> = paths
        .into_iter()
        .map(|path| {
            let hash = fingerprint(api, &path);
            let url = format!("/openapi/v3/{path}?hash={hash}");
            (path, json!({"serverRelativeURL": url}))
        })
        .collect();
    answer::json(200, &json!({"paths": paths}))
}

/// What changes when a document does, so that clients may keep it.
fn fingerprint(api: &ApiServer, path: &str) -> String {
    let mut hash = Sha256::new();
    for (kind, version) in kinds_at(api, path) {
        hash.update(kind.kind.as_bytes());
        hash.update(serde_json::to_vec(&version.schema).unwrap_or_default());
    }
    let bytes: [u8; 32] = hash.finalize().into();
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn kinds_at<'a>(api: &'a ApiServer, path: &str) -> impl Iterator<Item = (&'a Kind, &'a Version)> {
    api.kinds()
        .flat_map(|kind| kind.versions.iter().map(move |v| (kind.as_ref(), v)))
        .filter(move |(kind, version)| path_of(kind, &version.name) == path)
}

/// The document of a group and version.
///
/// # Errors
/// 404 for one that is not served.
pub fn document(api: &ApiServer, path: &str) -> Result<Answer, Status> {
    let (mut paths, mut schemas) = (Map::new(), Map::new());
    for (kind, version) in kinds_at(api, path) {
        let gvk = json!({"group": kind.gr.group, "version": version.name, "kind": kind.kind});
        let group = if kind.gr.group.is_empty() { "core" } else { &kind.gr.group };
        let name = format!("{group}.{}.{}", version.name, kind.kind);
        schemas.insert(name.clone(), schema(kind, version, &gvk));
        let scope = if kind.namespaced { "/namespaces/{namespace}" } else { "" };
        let list = format!("/{path}{scope}/{}", kind.gr.resource);
        paths.insert(format!("{list}/{{name}}"), object_path(&name, &gvk));
        paths.insert(list, list_path(&name, &gvk));
    }
    if paths.is_empty() {
        return Err(Status::no_such_path());
    }
    let document = json!({
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "v1"},
        "paths": paths,
        "components": {"schemas": schemas},
    });
    Ok(answer::json(200, &document))
}

fn schema(kind: &Kind, version: &Version, gvk: &Value) -> Value {
    let mut schema = match &version.schema {
        Some(schema) => Value::clone(schema),
        None => json!({
            "type": "object",
            "description": format!("{} is built in; its fields are not described here.", kind.kind),
            "x-kubernetes-preserve-unknown-fields": true,
        }),
    };
    let text = |what: &str| json!({"type": "string", "description": what});
    let properties = crate::kube::meta::child_mut(&mut schema, "properties");
    properties.insert("apiVersion".into(), text("The group and version of this object."));
    properties.insert("kind".into(), text("The kind of this object."));
    properties
        .insert("metadata".into(), json!({"type": "object", "description": "Name, namespace, labels and the like."}));
    schema["x-kubernetes-group-version-kind"] = json!([gvk]);
    schema
}

fn operation(action: &str, name: &str, gvk: &Value, parameters: Value) -> Value {
    let content = json!({"application/json": {"schema": {"$ref": format!("#/components/schemas/{name}")}}});
    json!({
        "parameters": parameters,
        "responses": {"200": {"description": "OK", "content": content}},
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": gvk,
    })
}

fn parameters(names: &[&str]) -> Value {
    let of = |name: &&str| json!({"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": true}});
    names.iter().map(of).collect()
}

fn object_path(name: &str, gvk: &Value) -> Value {
    let writes = || parameters(&["dryRun", "fieldManager", "fieldValidation"]);
    let mut patch = operation("patch", name, gvk, parameters(&["dryRun", "fieldManager", "fieldValidation", "force"]));
    patch["requestBody"] = json!({"content": {
        "application/apply-patch+yaml": {},
        "application/json-patch+json": {},
        "application/merge-patch+json": {},
    }});
    json!({
        "get": operation("get", name, gvk, json!([])),
        "put": operation("put", name, gvk, writes()),
        "patch": patch,
        "delete": operation("delete", name, gvk, parameters(&["dryRun", "propagationPolicy"])),
    })
}

fn list_path(name: &str, gvk: &Value) -> Value {
    json!({
        "get": operation("list", name, gvk, parameters(&["fieldSelector", "labelSelector", "limit", "watch"])),
        "post": operation("post", name, gvk, parameters(&["dryRun", "fieldManager", "fieldValidation"])),
    })
}
