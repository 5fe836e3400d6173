//! What goes along: patches from Git, and what only the live objects say.

use std::collections::BTreeMap;

use fluxlift_kube::Object;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::arguments;
use super::folder::Folder;

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

fn source_fields(source: &Object) -> BTreeMap<String, Value> {
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
    carried.extend(fields("Kustomization", root, of_root, folder));
    carried.extend(fields(source.kind(), source, source_fields(source), folder));
    for deployment in deployments {
        carried.extend(of_deployment(deployment, folder));
    }
    let from = |patch: &Value| Carried { from: format!("{}/kustomization.yaml", folder.path), patch: patch.clone() };
    carried.extend(folder.patches.iter().map(from));
    carried
}

/// A patch that sets the fields of a live object which no patch in Git sets.
fn fields(
    kind: &str,
    object: &Object,
    fields: impl IntoIterator<Item = (String, Value)>,
    folder: &Folder,
) -> Option<Carried> {
    let operations: Vec<Value> = fields
        .into_iter()
        .filter(|(name, _)| !says(folder, kind, object.name(), name))
        .map(|(name, value)| json!({"op": "add", "path": format!("/spec/{name}"), "value": value}))
        .collect();
    let target = json!({"kind": kind, "name": object.name()});
    (!operations.is_empty()).then(|| Carried {
        from: object.title(),
        patch: json!({"target": target, "patch": Value::from(operations).to_string()}),
    })
}

fn of_deployment(deployment: &Object, folder: &Folder) -> Vec<Carried> {
    let name = deployment.name();
    let unsaid = |argument: &&str| {
        let flag = argument.split('=').next().unwrap_or_default();
        !says(folder, "Deployment", name, flag)
    };
    let unusual: Vec<&str> = arguments::unusual(deployment).into_iter().filter(unsaid).collect();
    let mut patches = Vec::new();
    if !unusual.is_empty() {
        patches.push(arguments::patch(name, &unusual));
    }
    let tolerations = deployment.at("/spec/template/spec/tolerations");
    if tolerations.as_array().is_some_and(|list| !list.is_empty()) && !says(folder, "Deployment", name, "tolerations") {
        let operation = json!([{"op": "add", "path": "/spec/template/spec/tolerations", "value": tolerations}]);
        patches.push(json!({"target": {"kind": "Deployment", "name": name}, "patch": operation.to_string()}));
    }
    patches.into_iter().map(|patch| Carried { from: deployment.title(), patch }).collect()
}

/// Whether a patch in Git that may be for this object has `word` in it.
fn says(folder: &Folder, kind: &str, name: &str, word: &str) -> bool {
    let may_be_for = |patch: &&Value| {
        let part = |field: &str| patch["target"][field].as_str();
        part("kind").is_none_or(|pattern| pattern.contains(kind) || pattern.contains('*'))
            && part("name").is_none_or(|pattern| pattern.contains(name) || pattern.contains('*'))
    };
    folder
        .patches
        .iter()
        .filter(may_be_for)
        .any(|patch| patch["patch"].as_str().is_some_and(|text| text.contains(word)))
}
