//! What goes along: patches from Git, and what only the live objects say.

use std::collections::BTreeMap;

use fluxlift_kube::Object;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::folder::Folder;
use super::selector::{Fit, Named, fit};
use super::{arguments, patched};
use crate::kinds::NAMESPACE;

/// A patch for the FluxInstance, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    /// Where it comes from, for people.
    pub from: String,
    /// `{target, patch}`.
    pub patch: Value,
}

/// The fields of a root that the operator sets itself.
const ROOT: [&str; 4] = ["interval", "path", "prune", "sourceRef"];
/// The fields of a Git source that a FluxInstance has fields for.
const SOURCE: [&str; 5] = ["interval", "url", "ref", "secretRef", "provider"];

/// The fields of a root that get lost unless they are carried over.
pub(super) fn root_fields(root: &Object) -> BTreeMap<String, Value> {
    let fields = root.at("/spec").as_object().into_iter().flatten();
    let own = fields.filter(|(name, value)| !ROOT.contains(&name.as_str()) && !is_default(name, value));
    own.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The fields of a source that get lost unless they are carried over.
pub(super) fn source_fields(source: &Object) -> BTreeMap<String, Value> {
    let fields = source.at("/spec").as_object().into_iter().flatten();
    let own = fields.filter(|(name, value)| !SOURCE.contains(&name.as_str()) && !is_default(name, value));
    own.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// What the API server fills in by itself.
fn is_default(field: &str, value: &Value) -> bool {
    value == &json!(false) || (field == "timeout" && ["60s", "1m0s"].iter().any(|usual| value == usual))
}

/// All patches: what the live objects say first, so that Git has the last word.
pub(super) fn patches(folder: &Folder, root: &Object, source: &Object, deployments: &[&Object]) -> Vec<Carried> {
    let mut carried = Vec::new();
    let interval = root.text("/spec/interval").filter(|interval| !["10m", "10m0s"].contains(interval));
    let interval = interval.map(|interval| ("interval".to_owned(), json!(interval)));
    let of_root = root_fields(root).into_iter().chain(interval);
    carried.extend(fields(root, of_root, folder));
    carried.extend(fields(source, source_fields(source), folder));
    for deployment in deployments {
        carried.extend(of_deployment(deployment, folder));
    }
    let from = |patch: &Value| Carried { from: format!("{}/kustomization.yaml", folder.path), patch: patch.clone() };
    carried.extend(folder.patches.iter().map(from));
    carried
}

/// A patch that sets the fields of a live object which no patch in Git sets.
fn fields(object: &Object, fields: impl IntoIterator<Item = (String, Value)>, folder: &Folder) -> Option<Carried> {
    let operations: Vec<Value> = fields
        .into_iter()
        .map(|(name, value)| (format!("/spec/{name}"), value))
        .filter(|(path, _)| !in_git(folder, object).any(|patch| patched::sets(patch, path)))
        .map(|(path, value)| json!({"op": "add", "path": path, "value": value}))
        .collect();
    let target = json!({"kind": object.kind(), "name": object.name()});
    (!operations.is_empty()).then(|| Carried {
        from: object.title(),
        patch: json!({"target": target, "patch": Value::from(operations).to_string()}),
    })
}

fn of_deployment(deployment: &Object, folder: &Folder) -> Vec<Carried> {
    let name = deployment.name();
    let unsaid = |argument: &&str| {
        let flag = argument.split('=').next().unwrap_or_default();
        !in_git(folder, deployment).any(|patch| patched::passes(patch, flag))
    };
    let unusual: Vec<&str> = arguments::unusual(deployment).into_iter().filter(unsaid).collect();
    let mut patches = Vec::new();
    if !unusual.is_empty() {
        patches.push(arguments::patch(name, &unusual));
    }
    let place = "/spec/template/spec/tolerations";
    let tolerations = deployment.at(place);
    let is_said = || in_git(folder, deployment).any(|patch| patched::sets(patch, place));
    if tolerations.as_array().is_some_and(|list| !list.is_empty()) && !is_said() {
        let operation = json!([{"op": "add", "path": place, "value": tolerations}]);
        patches.push(json!({"target": {"kind": "Deployment", "name": name}, "patch": operation.to_string()}));
    }
    patches.into_iter().map(|patch| Carried { from: deployment.title(), patch }).collect()
}

/// The patches in Git that are for this object beyond doubt. What one of them sets need not be carried along.
fn in_git<'f>(folder: &'f Folder, object: &'f Object) -> impl Iterator<Item = &'f str> {
    let named = Named { kind: object.kind(), namespace: Some(NAMESPACE), name: object.name() };
    let ours = folder.patches.iter().filter(move |patch| fit(&patch["target"], named) == Fit::Yes);
    ours.filter_map(|patch| patch["patch"].as_str())
}
