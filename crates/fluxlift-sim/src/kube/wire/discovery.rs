//! What the API serves: groups, versions, resources.

use std::collections::BTreeMap;

use http::{HeaderValue, header};
use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::request::ApiRequest;
use super::review::QUESTIONS;
use crate::kube::definition::priority;
use crate::kube::{ApiServer, Kind, Status};

const VERBS: &[&str] = &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
/// The same, in the order in which custom kinds have them.
const CUSTOM_VERBS: &[&str] = &["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// One served resource, or a part of one.
struct Resource {
    name: String,
    singular: String,
    namespaced: bool,
    kind: String,
    group_version: Option<(&'static str, &'static str)>,
    verbs: &'static [&'static str],
    short_names: Vec<String>,
    categories: Vec<String>,
}

/// Every served resource by group and then version, preferred versions first.
fn served(api: &ApiServer) -> BTreeMap<String, Vec<(String, Vec<Resource>)>> {
    let mut groups: BTreeMap<String, BTreeMap<String, Vec<Resource>>> = BTreeMap::new();
    for kind in api.kinds() {
        for version in &kind.versions {
            let versions = groups.entry(kind.gr.group.to_string()).or_default();
            versions.entry(version.name.to_string()).or_default().extend(resources_of(kind, version));
        }
    }
    for (group, resource, kind, namespaced) in QUESTIONS {
        let versions = groups.entry((*group).to_owned()).or_default();
        versions.entry("v1".into()).or_default().push(Resource {
            name: (*resource).to_owned(),
            singular: kind.to_lowercase(),
            namespaced: *namespaced,
            kind: (*kind).to_owned(),
            group_version: None,
            verbs: &["create"],
            short_names: Vec::new(),
            categories: Vec::new(),
        });
    }
    groups
        .into_iter()
        .map(|(group, versions)| {
            let mut versions: Vec<_> = versions.into_iter().collect();
            versions.sort_by_key(|(name, _)| std::cmp::Reverse(priority(name)));
            (group, versions)
        })
        .collect()
}

fn resources_of(kind: &Kind, version: &crate::kube::Version) -> Vec<Resource> {
    let owned = |names: &[std::borrow::Cow<'static, str>]| names.iter().map(ToString::to_string).collect();
    let part = |name: &str, of: &str, gv, verbs| Resource {
        name: format!("{}/{name}", kind.gr.resource),
        singular: String::new(),
        namespaced: kind.namespaced,
        kind: of.to_owned(),
        group_version: gv,
        verbs,
        short_names: Vec::new(),
        categories: Vec::new(),
    };
    let mut resources = vec![Resource {
        name: kind.gr.resource.to_string(),
        singular: kind.singular.to_string(),
        namespaced: kind.namespaced,
        kind: kind.kind.to_string(),
        group_version: None,
        verbs: if kind.custom { CUSTOM_VERBS } else { VERBS },
        short_names: owned(&kind.short_names),
        categories: owned(&kind.categories),
    }];
    if version.status {
        resources.push(part("status", &kind.kind, None, &["get", "patch", "update"]));
    }
    if version.scale.is_some() {
        resources.push(part("scale", "Scale", Some(("autoscaling", "v1")), &["get", "patch", "update"]));
    }
    match (&*kind.gr.group, &*kind.gr.resource) {
        ("", "pods") => {
            resources.push(part("log", "Pod", None, &["get"]));
            resources.push(part("eviction", "Eviction", Some(("policy", "v1")), &["create"]));
        }
        ("", "serviceaccounts") => {
            resources.push(part("token", "TokenRequest", Some(("authentication.k8s.io", "v1")), &["create"]));
        }
        ("", "namespaces") => resources.push(part("finalize", "Namespace", None, &["update"])),
        _ => {}
    }
    resources
}

fn is_aggregated(request: &ApiRequest) -> bool {
    let accept = request.header(header::ACCEPT);
    accept
        .split(',')
        .any(|kind| kind.contains("as=APIGroupDiscoveryList") && kind.contains("v=v2") && !kind.contains("v2beta1"))
}

/// `/api`.
pub fn core(api: &ApiServer, request: &ApiRequest) -> Answer {
    if is_aggregated(request) {
        return aggregated(api, |group| group.is_empty());
    }
    answer::json(
        200,
        &json!({
            "kind": "APIVersions",
            "versions": ["v1"],
            "serverAddressByClientCIDRs": [],
        }),
    )
}

/// `/apis`.
pub fn groups(api: &ApiServer, request: &ApiRequest) -> Answer {
    if is_aggregated(request) {
        return aggregated(api, |group| !group.is_empty());
    }
    let groups = served(api);
    let groups = groups.iter().filter(|(name, _)| !name.is_empty()).map(|(name, versions)| group_of(name, versions));
    let groups: Vec<_> = groups.collect();
    answer::json(200, &json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}))
}

fn group_of(name: &str, versions: &[(String, Vec<Resource>)]) -> Value {
    let of = |version: &str| json!({"groupVersion": format!("{name}/{version}"), "version": version});
    let all: Vec<_> = versions.iter().map(|(version, _)| of(version)).collect();
    json!({"name": name, "versions": all, "preferredVersion": all.first()})
}

/// `/apis/{group}`.
///
/// # Errors
/// 404 for a group that is not served.
pub fn group(api: &ApiServer, name: &str) -> Result<Answer, Status> {
    let groups = served(api);
    let versions = groups.get(name).ok_or_else(Status::no_such_path)?;
    let mut body = group_of(name, versions);
    body["kind"] = json!("APIGroup");
    body["apiVersion"] = json!("v1");
    Ok(answer::json(200, &body))
}

/// `/api/v1` and `/apis/{group}/{version}`.
///
/// # Errors
/// 404 for a version that is not served.
pub fn resources(api: &ApiServer, group: &str, version: &str) -> Result<Answer, Status> {
    let groups = served(api);
    let versions = groups.get(group).ok_or_else(Status::no_such_path)?;
    let (_, resources) = versions.iter().find(|(name, _)| name == version).ok_or_else(Status::no_such_path)?;
    let list: Vec<_> = resources
        .iter()
        .map(|resource| {
            let mut entry = json!({
                "name": resource.name,
                "singularName": resource.singular,
                "namespaced": resource.namespaced,
                "kind": resource.kind,
                "verbs": resource.verbs,
            });
            if let Some((group, version)) = resource.group_version {
                entry["group"] = json!(group);
                entry["version"] = json!(version);
            }
            if !resource.short_names.is_empty() {
                entry["shortNames"] = json!(resource.short_names);
            }
            if !resource.categories.is_empty() {
                entry["categories"] = json!(resource.categories);
            }
            entry
        })
        .collect();
    let group_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    let body = json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": list});
    Ok(answer::json(200, &body))
}

/// All groups in one document, as newer clients ask for them.
fn aggregated(api: &ApiServer, wanted: impl Fn(&str) -> bool) -> Answer {
    let groups = served(api);
    let items: Vec<_> = groups
        .iter()
        .filter(|(name, _)| wanted(name))
        .map(|(group, versions)| {
            let versions: Vec<_> = versions
                .iter()
                .map(|(version, resources)| {
                    json!({"version": version, "freshness": "Current", "resources": nested(group, version, resources)})
                })
                .collect();
            json!({"metadata": {"name": group}, "versions": versions})
        })
        .collect();
    let body = json!({
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": items,
    });
    let mut answer = answer::json(200, &body);
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(AGGREGATED));
    answer
}

fn nested(group: &str, version: &str, resources: &[Resource]) -> Vec<Value> {
    let kind_of = |resource: &Resource| {
        let (group, version) = resource.group_version.unwrap_or((group, version));
        json!({"group": group, "version": version, "kind": resource.kind})
    };
    let whole = resources.iter().filter(|resource| !resource.name.contains('/'));
    whole
        .map(|resource| {
            let prefix = format!("{}/", resource.name);
            let parts: Vec<_> = resources
                .iter()
                .filter_map(|part| {
                    let name = part.name.strip_prefix(&prefix)?;
                    Some(json!({"subresource": name, "responseKind": kind_of(part), "verbs": part.verbs}))
                })
                .collect();
            let mut entry = json!({
                "resource": resource.name,
                "responseKind": kind_of(resource),
                "scope": if resource.namespaced { "Namespaced" } else { "Cluster" },
                "singularResource": resource.singular,
                "verbs": resource.verbs,
            });
            for (name, values) in [("shortNames", &resource.short_names), ("categories", &resource.categories)] {
                if !values.is_empty() {
                    entry[name] = json!(values);
                }
            }
            if !parts.is_empty() {
                entry["subresources"] = json!(parts);
            }
            entry
        })
        .collect()
}
