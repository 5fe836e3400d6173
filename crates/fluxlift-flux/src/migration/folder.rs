//! `<path>/flux-system/` in the repository: what `flux bootstrap` wrote, and what its users added.

use std::collections::BTreeMap;

use fluxlift_core::{Explain, Hint};
use serde_json::{Value, json};
use thiserror::Error;

use super::above::Above;

/// The names of the file that says what belongs to the folder.
pub const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
/// What `flux bootstrap` describes the controllers in.
pub(super) const COMPONENTS: &str = "gotk-components.yaml";
/// What it lists itself.
const GENERATED: [&str; 2] = [COMPONENTS, "gotk-sync.yaml"];
/// How a resource begins that is somewhere else.
const ELSEWHERE: [&str; 4] = ["../", "git@", "github.com/", "ssh:"];
/// What is read of a `kustomization.yaml`, or says nothing about what comes out.
const UNDERSTOOD: [&str; 8] =
    ["apiVersion", "kind", "metadata", "namespace", "resources", "patches", "patchesStrategicMerge", "patchesJson6902"];

/// What the folder holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Folder {
    /// Its path in the repository.
    pub path: String,
    /// The patches, in their order, each `{target, patch}`.
    pub patches: Vec<Value>,
    /// The objects that its files describe.
    pub members: Vec<Member>,
    /// The listed resources in it that `flux bootstrap` did not write.
    pub extras: Vec<String>,
    /// The listed resources that are somewhere else: above it, or behind an address.
    pub elsewhere: Vec<String>,
    /// The fields that cannot be carried over.
    pub foreign: Vec<String>,
    /// What the file above it says, where there is one.
    pub above: Option<Above>,
}

/// An object that the folder delivers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// The file that describes it.
    pub file: String,
    /// `apiVersion`.
    pub api_version: String,
    /// `kind`.
    pub kind: String,
    /// The namespace; `None` where none is written.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}

/// A folder that cannot be read.
#[derive(Debug, Error)]
pub enum FolderError {
    /// No file says what belongs to it.
    #[error("{folder} has no kustomization.yaml")]
    NoKustomization {
        /// The folder.
        folder: String,
    },
    /// A listed file is not there.
    #[error("{folder}/kustomization.yaml names {file}, which is not there")]
    Missing {
        /// The folder.
        folder: String,
        /// The file.
        file: String,
    },
    /// A file is not YAML.
    #[error("{folder}/{file} is not YAML")]
    Syntax {
        /// The folder.
        folder: String,
        /// The file.
        file: String,
    },
    /// A patch does not say what it is for.
    #[error("a patch in {folder}/{file} names neither a target nor an object")]
    NoTarget {
        /// The folder.
        folder: String,
        /// The file.
        file: String,
    },
}

impl Explain for FolderError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::NoKustomization { .. } => {
                vec![Hint::new("name the checkout of the repository and branch that Flux follows with --repo")]
            }
            Self::Missing { .. } | Self::Syntax { .. } => {
                vec![Hint::new("see that the folder builds with `kustomize build`, push it, and migrate then")]
            }
            Self::NoTarget { .. } => vec![Hint::new("give the patch a target")],
        }
    }
}

impl Folder {
    /// Reads the files of the folder `path`, given by their names in it.
    ///
    /// # Errors
    /// When a file is missing or not YAML.
    pub fn parse(path: &str, files: &BTreeMap<String, String>) -> Result<Self, FolderError> {
        Reader { path, files }.read()
    }

    /// Whether it holds an object of that kind and name.
    pub fn describes(&self, kind: &str, name: &str) -> bool {
        self.members.iter().any(|member| member.kind == kind && member.name == name)
    }
}

struct Reader<'a> {
    path: &'a str,
    files: &'a BTreeMap<String, String>,
}

impl Reader<'_> {
    fn read(&self) -> Result<Folder, FolderError> {
        let own = NAMES.into_iter().find(|name| self.files.contains_key(*name));
        let own = own.ok_or_else(|| FolderError::NoKustomization { folder: self.path.to_owned() })?;
        let spec = self.documents(own)?.into_iter().next().unwrap_or_default();
        let mut folder = Folder { path: self.path.to_owned(), ..Folder::default() };
        let is_foreign = |field: &&String| !UNDERSTOOD.contains(&field.as_str());
        folder.foreign =
            spec.as_object().into_iter().flatten().map(|(name, _)| name).filter(is_foreign).cloned().collect();
        for resource in list(&spec, "resources").iter().filter_map(Value::as_str) {
            let name = resource.trim_start_matches("./");
            if is_elsewhere(name) {
                folder.elsewhere.push(name.to_owned());
            } else if !GENERATED.contains(&name) {
                folder.extras.push(name.to_owned());
            }
            self.members(name, &mut folder.members)?;
        }
        for entry in list(&spec, "patches") {
            if entry.get("options").is_some() {
                folder.foreign.push("patches.options".to_owned());
            }
            folder.patches.extend(self.patch(own, entry)?);
        }
        for entry in list(&spec, "patchesStrategicMerge").iter().filter_map(Value::as_str) {
            let is_file = !entry.contains('\n') && (entry.ends_with(".yaml") || entry.ends_with(".yml"));
            let key = if is_file { "path" } else { "patch" };
            folder.patches.extend(self.patch(own, &json!({ key: entry }))?);
        }
        for entry in list(&spec, "patchesJson6902") {
            folder.patches.extend(self.patch(own, entry)?);
        }
        Ok(folder)
    }

    /// The objects of a listed file, or of all files below a listed folder. What is outside is only named.
    fn members(&self, name: &str, members: &mut Vec<Member>) -> Result<(), FolderError> {
        let below = format!("{}/", name.trim_end_matches('/'));
        let is_yaml = |file: &&String| file.ends_with(".yaml") || file.ends_with(".yml");
        let files: Vec<&String> = match self.files.contains_key(name) {
            true => self.files.keys().filter(|file| *file == name).collect(),
            false => self.files.keys().filter(|file| file.starts_with(&below)).filter(is_yaml).collect(),
        };
        if files.is_empty() && !is_elsewhere(name) {
            return Err(FolderError::Missing { folder: self.path.to_owned(), file: name.to_owned() });
        }
        for file in files {
            members.extend(self.documents(file)?.iter().filter_map(|document| member(file, document)));
        }
        Ok(())
    }

    /// An entry of the list of patches, as the operator takes it: with a target, and with its text in place.
    fn patch(&self, own: &str, entry: &Value) -> Result<Vec<Value>, FolderError> {
        let (file, text) = match entry["path"].as_str() {
            Some(path) => {
                let name = path.trim_start_matches("./");
                let text = self.files.get(name);
                let missing = || FolderError::Missing { folder: self.path.to_owned(), file: path.to_owned() };
                (name, text.ok_or_else(missing)?.clone())
            }
            None => (own, entry["patch"].as_str().unwrap_or_default().to_owned()),
        };
        if entry["target"].is_object() {
            return Ok(vec![json!({"target": entry["target"], "patch": text})]);
        }
        // Without a target the operator's build fails where there is no such object yet, so it gets its own.
        let documents = self.parse(file, &text)?;
        let single = documents.len() == 1;
        let patches = documents.iter().map(|document| {
            let target = own_target(document)
                .ok_or_else(|| FolderError::NoTarget { folder: self.path.to_owned(), file: file.to_owned() })?;
            let patch = if single { text.clone() } else { document.to_string() };
            Ok(json!({"target": target, "patch": patch}))
        });
        patches.collect()
    }

    fn documents(&self, file: &str) -> Result<Vec<Value>, FolderError> {
        self.parse(file, self.files.get(file).map_or("", String::as_str))
    }

    fn parse(&self, file: &str, text: &str) -> Result<Vec<Value>, FolderError> {
        documents(self.path, file, text)
    }
}

/// Whether a listed resource is not in the folder.
fn is_elsewhere(name: &str) -> bool {
    name == ".."
        || ELSEWHERE.iter().any(|start| name.starts_with(start))
        || name.contains("://")
        || name.contains("?ref=")
}

/// The documents of a file.
pub(super) fn documents(folder: &str, file: &str, text: &str) -> Result<Vec<Value>, FolderError> {
    // The parser's words could repeat what somebody has kept in there.
    let read: Result<Vec<Value>, _> = serde_saphyr::from_multiple(text);
    let documents = read.map_err(|_| FolderError::Syntax { folder: folder.to_owned(), file: file.to_owned() })?;
    Ok(documents.into_iter().filter(|document| !document.is_null()).collect())
}

pub(super) fn list<'v>(spec: &'v Value, field: &str) -> &'v [Value] {
    spec[field].as_array().map_or(&[], Vec::as_slice)
}

fn member(file: &str, document: &Value) -> Option<Member> {
    let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    Some(Member {
        file: file.to_owned(),
        api_version: text("/apiVersion")?,
        kind: text("/kind")?,
        namespace: text("/metadata/namespace"),
        name: text("/metadata/name")?,
    })
}

/// The object that a patch itself names.
pub(super) fn own_target(document: &Value) -> Option<Value> {
    let (kind, name) = (document["kind"].as_str()?, document["metadata"]["name"].as_str()?);
    let mut target = json!({"kind": kind, "name": name});
    if let Some(namespace) = document["metadata"]["namespace"].as_str() {
        target["namespace"] = json!(namespace);
    }
    Some(target)
}
