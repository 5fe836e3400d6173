//! Building a folder of a repository into objects: the part of kustomize that plain GitOps trees use.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use thiserror::Error;

use crate::controllers::object::{entries, items, some_text, text};
use crate::flux::patches::{self, PatchError};

pub use crate::git::repo::Files;

/// The names of a file that says what belongs to a folder.
const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
/// What a `kustomization.yaml` may say that this model doesn't do: an error, so that nobody is misled.
const UNKNOWN: [&str; 7] =
    ["configMapGenerator", "secretGenerator", "helmCharts", "replacements", "namePrefix", "nameSuffix", "images"];
/// Kinds that live in no namespace.
const CLUSTER_WIDE: [&str; 9] = [
    "Namespace",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleBinding",
    "StorageClass",
    "PriorityClass",
    "PersistentVolume",
    "ValidatingWebhookConfiguration",
    "MutatingWebhookConfiguration",
];

/// A folder that can't be built.
#[derive(Debug, Error)]
pub enum BuildError {
    /// The folder is not in the revision.
    #[error("kustomization path not found: stat /tmp/kustomization/{path}: no such file or directory")]
    NoSuchPath {
        /// The folder.
        path: String,
    },
    /// A listed resource is not in the revision.
    #[error("kustomize build failed: accumulating resources: {folder}: {resource}: no such file or directory")]
    NoSuchResource {
        /// The folder of the `kustomization.yaml`.
        folder: String,
        /// The listed resource.
        resource: String,
    },
    /// A file is not YAML.
    #[error("kustomize build failed: {path} is not YAML")]
    Syntax {
        /// The file.
        path: String,
        /// What the parser says.
        source: Box<serde_saphyr::Error>,
    },
    /// A document without a kind or a name.
    #[error("failed to decode Kubernetes apiVersion, kind and name from: {path}")]
    NotAnObject {
        /// The file.
        path: String,
    },
    /// Two files describe the same object.
    #[error("kustomize build failed: may not add resource with an already registered id: {id}")]
    Twice {
        /// The object.
        id: String,
    },
    /// A field of a `kustomization.yaml` that this simulation does not do.
    #[error("kustomize build failed: {path}: {field} is not simulated")]
    NotSimulated {
        /// The file.
        path: String,
        /// The field.
        field: &'static str,
    },
    /// A folder that includes itself.
    #[error("kustomize build failed: cycle detected: {path}")]
    Cycle {
        /// The folder.
        path: String,
    },
    /// A patch that can't be applied.
    #[error("kustomize build failed")]
    Patch(#[from] PatchError),
}

/// The objects of the folder `path` in `files`: what its `kustomization.yaml` lists, or all of its YAML when it has none.
///
/// # Errors
/// When the folder or a listed file is missing, is not YAML, or uses what is not simulated.
pub fn folder(files: &Files, path: &str) -> Result<Vec<Value>, BuildError> {
    let path = normal(path);
    let inside = |file: &String| path.is_empty() || file.starts_with(&format!("{path}/"));
    if !files.keys().any(inside) {
        return Err(BuildError::NoSuchPath { path });
    }
    let mut build = Build { files, open: BTreeSet::new() };
    let objects =
        if build.own_file(&path).is_some() { build.kustomization(&path)? } else { build.everything(&path)? };
    let mut seen = BTreeSet::new();
    for object in &objects {
        let id = format!(
            "{}.{}/{}.{}",
            text(object, "/kind"),
            text(object, "/apiVersion"),
            text(object, "/metadata/name"),
            text(object, "/metadata/namespace")
        );
        if !seen.insert(id.clone()) {
            return Err(BuildError::Twice { id });
        }
    }
    Ok(objects)
}

struct Build<'f> {
    files: &'f Files,
    open: BTreeSet<String>,
}

impl Build<'_> {
    fn own_file(&self, folder: &str) -> Option<String> {
        NAMES.iter().map(|name| join(folder, name)).find(|file| self.files.contains_key(file))
    }

    fn kustomization(&mut self, folder: &str) -> Result<Vec<Value>, BuildError> {
        if !self.open.insert(folder.to_owned()) {
            return Err(BuildError::Cycle { path: folder.to_owned() });
        }
        let missing = || BuildError::NoSuchResource { folder: folder.to_owned(), resource: NAMES[0].to_owned() };
        let file = self.own_file(folder).ok_or_else(missing)?;
        let spec = self.documents(&file)?.into_iter().next().unwrap_or_default();
        if let Some(field) = UNKNOWN.iter().find(|field| spec.get(**field).is_some()) {
            return Err(BuildError::NotSimulated { path: file, field });
        }
        let mut objects = Vec::new();
        for resource in items(&spec, "/resources").chain(items(&spec, "/components")).filter_map(Value::as_str) {
            let path = join(folder, resource);
            if self.files.contains_key(&path) {
                objects.extend(self.objects(&path)?);
            } else if self.own_file(&path).is_some() {
                objects.extend(self.kustomization(&path)?);
            } else {
                let (folder, resource) = (folder.to_owned(), resource.to_owned());
                return Err(BuildError::NoSuchResource { folder, resource });
            }
        }
        if let Some(namespace) = some_text(&spec, "/namespace") {
            put_into(&mut objects, namespace);
        }
        let listed =
            items(&spec, "/patches").map(|patch| self.inlined(folder, patch)).collect::<Result<Vec<_>, _>>()?;
        patches::apply(listed.iter(), &mut objects)?;
        let pairs = items(&spec, "/labels").flat_map(|label| entries(label, "/pairs"));
        annotate(&mut objects, "labels", pairs.chain(entries(&spec, "/commonLabels")));
        annotate(&mut objects, "annotations", entries(&spec, "/commonAnnotations"));
        self.open.remove(folder);
        Ok(objects)
    }

    /// A patch with the text of its file.
    fn inlined(&self, folder: &str, patch: &Value) -> Result<Value, BuildError> {
        let Some(path) = some_text(patch, "/path") else { return Ok(patch.clone()) };
        let missing = || BuildError::NoSuchResource { folder: folder.to_owned(), resource: path.to_owned() };
        let text = self.files.get(&join(folder, path)).ok_or_else(missing)?;
        Ok(json!({"patch": String::from_utf8_lossy(text), "target": patch.get("target")}))
    }

    /// All YAML under a folder without a `kustomization.yaml`; folders below that have one are built by it.
    fn everything(&mut self, folder: &str) -> Result<Vec<Value>, BuildError> {
        let under = |file: &&String| folder.is_empty() || file.starts_with(&format!("{folder}/"));
        let yaml = |file: &&String| file.ends_with(".yaml") || file.ends_with(".yml");
        let files: Vec<String> = self.files.keys().filter(under).filter(yaml).cloned().collect();
        let (mut objects, mut built) = (Vec::new(), BTreeSet::new());
        for file in files {
            match self.nearest(folder, &file) {
                Some(owner) if built.insert(owner.clone()) => objects.extend(self.kustomization(&owner)?),
                Some(_) => {}
                None => objects.extend(self.objects(&file)?),
            }
        }
        Ok(objects)
    }

    /// The topmost folder between `folder` and `file` that has a `kustomization.yaml`.
    fn nearest(&self, folder: &str, file: &str) -> Option<String> {
        let below = file.strip_prefix(folder)?.trim_start_matches('/');
        let cuts = below.match_indices('/').map(|(at, _)| join(folder, &below[..at]));
        cuts.into_iter().find(|path| self.own_file(path).is_some())
    }

    fn objects(&self, file: &str) -> Result<Vec<Value>, BuildError> {
        let mut objects = Vec::new();
        for document in self.documents(file)? {
            let lists = text(&document, "/kind").ends_with("List") && document.get("items").is_some();
            match lists {
                true => objects.extend(items(&document, "/items").cloned()),
                false => objects.push(document),
            }
        }
        let named = |o: &Value| ["/apiVersion", "/kind", "/metadata/name"].iter().all(|p| some_text(o, p).is_some());
        match objects.iter().all(named) {
            true => Ok(objects),
            false => Err(BuildError::NotAnObject { path: file.to_owned() }),
        }
    }

    fn documents(&self, file: &str) -> Result<Vec<Value>, BuildError> {
        let text = String::from_utf8_lossy(self.files.get(file).map(AsRef::as_ref).unwrap_or_default());
        serde_saphyr::from_multiple(&text)
            .map_err(|e| BuildError::Syntax { path: file.to_owned(), source: Box::new(e) })
    }
}

/// Puts every object that can be in a namespace into `namespace`.
pub fn put_into(objects: &mut [Value], namespace: &str) {
    for object in objects.iter_mut().filter(|object| !CLUSTER_WIDE.contains(&text(object, "/kind"))) {
        object["metadata"]["namespace"] = json!(namespace);
    }
}

/// Sets labels or annotations on every object.
pub fn annotate<'v>(objects: &mut [Value], field: &str, pairs: impl Iterator<Item = (&'v String, &'v Value)>) {
    for (key, value) in pairs {
        for object in objects.iter_mut() {
            object["metadata"][field][key] = value.clone();
        }
    }
}

/// Whether an object is encrypted by SOPS: it carries SOPS's own block with a MAC.
pub fn is_encrypted(object: &Value) -> bool {
    object.pointer("/sops/mac").is_some()
}

fn join(folder: &str, path: &str) -> String {
    normal(&format!("{folder}/{path}"))
}

/// A path without `.`, `..` and empty parts.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}
