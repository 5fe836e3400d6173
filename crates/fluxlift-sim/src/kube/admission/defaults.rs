//! What the server fills in.

use serde_json::{Value, json};

use super::{builtin, schema};
use crate::kube::shape::Shape;
use crate::kube::{ApiServer, GroupResource, Kind, meta};

/// What only a new object gets.
pub fn default_new(kind: &Kind, object: &mut Value) {
    if kind.gr == GroupResource::NAMESPACES {
        let name = meta::name(object).to_owned();
        let labels = meta::metadata_mut(object).entry("labels").or_insert_with(|| json!({}));
        meta::map_mut(labels).insert("kubernetes.io/metadata.name".into(), json!(name));
        object["spec"] = json!({"finalizers": ["kubernetes"]});
        object["status"] = json!({"phase": "Active"});
    }
    if kind.gr == GroupResource::PODS {
        object["status"] = json!({"phase": "Pending", "qosClass": "Burstable"});
    }
    if kind.gr == GroupResource::CUSTOM_RESOURCE_DEFINITIONS {
        object["status"] = undecided(object);
    }
    default_all(kind, object);
}

/// The status of a definition whose names nobody has looked at yet. A list that was never filled is a null.
fn undecided(definition: &Value) -> Value {
    let versions = meta::list(definition, &["spec", "versions"]).iter();
    let stored: Vec<&Value> =
        versions.filter(|version| version["storage"] == true).map(|version| &version["name"]).collect();
    json!({"acceptedNames": {"kind": "", "plural": ""}, "conditions": null, "storedVersions": stored})
}

/// What every write fills in.
pub fn default_all(kind: &Kind, object: &mut Value) {
    if kind.custom {
        let api_version = meta::text(object, &["apiVersion"]).to_owned();
        if let Shape::Custom(Some(schema)) = Shape::of(kind, &api_version) {
            schema::prune(object, schema);
            schema::default(object, schema);
        }
    } else {
        builtin::default(kind, object);
    }
}

/// What depends on the rest of the cluster: a Service's address.
pub fn complete(api: &ApiServer, kind: &Kind, object: &mut Value) {
    if kind.gr != GroupResource::SERVICES || meta::text(object, &["spec", "type"]) == "ExternalName" {
        return;
    }
    if meta::text(object, &["spec", "clusterIP"]).is_empty() {
        let taken =
            |ip: &str| api.list(&GroupResource::SERVICES, None).any(|s| meta::text(s, &["spec", "clusterIP"]) == ip);
        let mut drawn = api.draw(meta::name(object)).into_iter();
        let ip = loop {
            let ip = format!("10.96.{}.{}", drawn.next().unwrap_or(9), drawn.next().unwrap_or(9).max(2));
            if !taken(&ip) || drawn.len() == 0 {
                break ip;
            }
        };
        meta::child_mut(object, "spec").insert("clusterIP".into(), json!(ip));
    }
    let ip = object["spec"]["clusterIP"].clone();
    let spec = meta::child_mut(object, "spec");
    spec.entry("clusterIPs").or_insert_with(|| json!([ip]));
    spec.entry("ipFamilies").or_insert_with(|| json!(["IPv4"]));
    spec.entry("ipFamilyPolicy").or_insert_with(|| json!("SingleStack"));
}
