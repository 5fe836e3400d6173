//! What is changed of Flux's own objects from outside their folder: by the `kustomization.yaml` above, or by the root.
//!
//! A FluxInstance takes the folder's own patches along. What somebody else changes on the way to the cluster is in none of
//! its files, so it is looked for here, and refused where it is about what the operator will deliver.

use std::collections::BTreeMap;

use fluxlift_kube::Object;
use serde_json::{Value, json};

use super::folder::{COMPONENTS, Folder, FolderError, NAMES, documents, list, own_target};
use super::refusal::Refusal;
use super::selector::{Fit, Named, fit};
use crate::kinds::NAMESPACE;

/// The fields that may change anything, by files that are not read.
const UNREAD: [&str; 3] = ["components", "transformers", "replacements"];

/// What is changed from one place.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Above {
    /// The file, or the object and its field.
    pub by: String,
    /// What is changed: the target of each change, null where it can't be told.
    pub targets: Vec<Value>,
    /// The fields that may change the same objects, and how can't be told.
    pub unread: Vec<String>,
}

impl Above {
    /// Reads the file in the folder `path` that says what is delivered from there; `None` where there is none, and all of
    /// it is delivered as it is.
    ///
    /// # Errors
    /// When it is not YAML.
    pub fn parse(path: &str, files: &BTreeMap<String, String>) -> Result<Option<Self>, FolderError> {
        let Some(own) = NAMES.into_iter().find(|name| files.contains_key(*name)) else { return Ok(None) };
        let read = |file: &str| documents(path, file, files.get(file).map_or("", String::as_str));
        let spec = read(own)?.into_iter().next().unwrap_or_default();
        let by = format!("{path}/{own}").trim_start_matches('/').to_owned();
        let text = |file: &str| files.get(file.trim_start_matches("./")).cloned();
        Ok(Some(Self::of(by, &spec, text)))
    }

    /// What the spec of the root changes of all that it delivers.
    pub(super) fn of_root(title: &str, spec: &Value) -> Self {
        Self::of(format!("the spec of {title}"), spec, |_| None)
    }

    fn of(by: String, spec: &Value, file: impl Fn(&str) -> Option<String>) -> Self {
        let mut targets = Vec::new();
        for entry in ["patches", "patchesStrategicMerge", "patchesJson6902"].iter().flat_map(|field| list(spec, field))
        {
            if entry["target"].is_object() {
                targets.push(entry["target"].clone());
                continue;
            }
            // A strategic merge is the patch itself, or the name of its file.
            let inline = entry["patch"].as_str().or_else(|| entry.as_str()).map(str::to_owned);
            let named = entry["path"].as_str().or_else(|| entry.as_str()).and_then(&file);
            let text = named.or(inline).unwrap_or_default();
            let found = documents("", "", &text).unwrap_or_default();
            let found = found.iter().map(|document| own_target(document).unwrap_or_default());
            let before = targets.len();
            targets.extend(found);
            if targets.len() == before {
                targets.push(Value::Null);
            }
        }
        for entry in list(spec, "replicas").iter().chain(list(spec, "images")) {
            let name = entry["name"].as_str().unwrap_or_default();
            // The images of Flux are called as its Deployments are.
            let name = name.rsplit('/').next().unwrap_or_default();
            targets.push(json!({"kind": "Deployment", "name": name}));
        }
        let unread = UNREAD.into_iter().filter(|field| !spec[*field].is_null()).map(str::to_owned).collect();
        Self { by, targets, unread }
    }

    /// The first of `objects` that is changed, or may be.
    fn changes<'o>(&self, objects: &[Named<'o>]) -> Option<Named<'o>> {
        objects.iter().copied().find(|object| self.targets.iter().any(|target| fit(target, *object) != Fit::No))
    }
}

/// Whether nothing of Flux is changed from `above` after it has left its folder. What is changed of the root and its source
/// is seen in the cluster and carried from there.
///
/// # Errors
/// With the first object that is.
pub(super) fn check(above: &[Above], folder: &Folder, deployments: &[&Object]) -> Result<(), Refusal> {
    let running =
        deployments.iter().map(|one| Named { kind: "Deployment", namespace: Some(NAMESPACE), name: one.name() });
    let described = folder.members.iter().filter(|member| member.file == COMPONENTS);
    let described = described.map(|member| Named {
        kind: &member.kind,
        namespace: member.namespace.as_deref(),
        name: &member.name,
    });
    let ours: Vec<Named<'_>> = running.chain(described).collect();
    let changed = above.iter().find_map(|above| Some((above, above.changes(&ours)?)));
    changed.map_or(Ok(()), |(above, Named { kind, name, .. })| {
        let object = format!("{}/{name}", kind.to_lowercase());
        Err(Refusal::ChangedAbove { by: above.by.clone(), object, folder: folder.path.clone() })
    })
}
