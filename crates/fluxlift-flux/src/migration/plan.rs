//! What a migration would do.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::carry::Carried;
use super::census::Census;
use crate::Sync;
use crate::kinds::NAMESPACE;
use crate::sync::folder;

/// How far a cluster is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Flux manages itself from Git.
    Bootstrapped,
    /// The operator has the controllers; the root still manages itself.
    HalfWay,
    /// The operator has the root as well.
    Adopted,
}

/// What would be handed over, and how.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// How far the cluster is.
    pub phase: Phase,
    /// The root Kustomization.
    pub root: String,
    /// The version of Flux.
    pub version: String,
    /// Where its images come from.
    pub registry: String,
    /// The Secret by which they are pulled.
    pub image_pull_secret: Option<String>,
    /// The controllers.
    pub components: Vec<String>,
    /// What of `spec.cluster` is not the default.
    pub cluster: Map<String, Value>,
    /// What is followed.
    #[serde(serialize_with = "sync")]
    pub sync: Sync,
    /// The patches, in order.
    pub patches: Vec<Carried>,
    /// The folder that leaves Git at the end.
    pub folder: String,
    /// What has to move out of that folder before.
    pub moves: Vec<String>,
    /// What is listed in that folder only, lies somewhere else, and has to be listed above it before.
    pub elsewhere: Vec<String>,
    /// What a person should know.
    pub notes: Vec<String>,
    /// How many Kustomizations and HelmReleases must be the same afterwards.
    pub objects: usize,
    /// Who they are.
    #[serde(skip)]
    pub census: Census,
}

fn sync<S: serde::Serializer>(sync: &Sync, to: S) -> Result<S::Ok, S::Error> {
    sync.to_json().serialize(to)
}

impl Plan {
    /// The folder that `flux bootstrap` writes into, of a root that applies `path`.
    pub fn folder_of(path: &str) -> String {
        format!("{}/{NAMESPACE}", folder(path)).trim_start_matches('/').to_owned()
    }

    /// The inputs of a `flux_instance` unit that keep the instance as it will be.
    pub fn inputs(&self) -> Map<String, Value> {
        let mut inputs: Map<String, Value> = [
            ("flux_version", json!(self.version)),
            ("flux_registry", json!(self.registry)),
            ("flux_components", json!(self.components)),
            ("git_repository", json!(self.sync.url)),
            ("git_branch", json!(self.sync.reference)),
            ("git_path", json!(self.sync.path)),
            ("flux_image_pull_secret", json!(self.image_pull_secret)),
            ("git_pull_secret", json!(self.sync.pull_secret)),
            ("git_interval", json!(self.sync.interval)),
            ("git_provider", json!(self.sync.provider)),
            ("sync_name", json!(self.sync.name)),
            ("flux_cluster", json!(self.cluster)),
            ("kustomize_patches", self.patches.iter().map(|carried| carried.patch.clone()).collect()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect();
        let says = |value: &Value| match value {
            Value::Null => false,
            Value::Array(items) => !items.is_empty(),
            Value::Object(map) => !map.is_empty(),
            _ => true,
        };
        inputs.retain(|_, value| says(value));
        inputs
    }
}
