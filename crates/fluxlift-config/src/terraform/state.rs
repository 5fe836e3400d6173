//! What a Terraform state holds. Of each resource only its address is read, and of Secrets their name.

use std::path::Path;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::TerraformError;
use super::retire::{BOOTSTRAP, SECRET};

/// A resource in the state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StateEntry {
    /// Its address, such as `module.talos_bootstrap.flux_bootstrap_git.this`.
    pub address: String,
    /// The address in its own module, as the code has it: `flux_bootstrap_git.this`.
    pub within: String,
    /// What it is to Flux.
    pub role: Role,
}

/// What a resource is to Flux.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// `flux_bootstrap_git` itself.
    Bootstrap,
    /// A Secret that is called as the one with the age key.
    Key,
    /// Nothing that its address and name would tell.
    Other,
}

/// What a state holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StateFile {
    /// The resources, without those that are only read.
    pub entries: Vec<StateEntry>,
}

#[derive(Deserialize)]
struct Raw {
    version: u64,
    #[serde(default)]
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    mode: String,
    #[serde(rename = "type")]
    kind: String,
    name: String,
    module: Option<String>,
    #[serde(default)]
    instances: Vec<Instance>,
}

/// Only the name of a Secret is read: its data never comes into memory that lives on.
#[derive(Deserialize)]
struct Instance {
    #[serde(default)]
    attributes: Attributes,
}

#[derive(Deserialize, Default)]
struct Attributes {
    #[serde(default)]
    metadata: Maybe,
}

/// A Kubernetes object has a list of one; other providers mean other things by that word.
#[derive(Deserialize)]
#[serde(untagged)]
enum Maybe {
    Kubernetes(Vec<Metadata>),
    Other(IgnoredAny),
}

impl Default for Maybe {
    fn default() -> Self {
        Self::Other(IgnoredAny)
    }
}

impl Maybe {
    fn names(&self) -> impl Iterator<Item = &str> {
        let list = match self {
            Self::Kubernetes(list) => list.as_slice(),
            Self::Other(_) => &[],
        };
        list.iter().filter_map(|metadata| metadata.name.as_deref())
    }
}

#[derive(Deserialize)]
struct Metadata {
    name: Option<String>,
}

impl StateFile {
    /// Reads the JSON of a state in version 4.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(path: &Path, text: &str) -> Result<Self, TerraformError> {
        // The parser's own words could repeat part of a secret.
        let raw: Option<Raw> = serde_json::from_str(text).ok().filter(|raw: &Raw| raw.version == 4);
        let raw = raw.ok_or_else(|| TerraformError::NotAState { path: path.to_owned() })?;
        let managed = raw.resources.into_iter().filter(|resource| resource.mode == "managed");
        Ok(Self { entries: managed.map(entry).collect() })
    }
}

fn entry(resource: Resource) -> StateEntry {
    let mut names = resource.instances.iter().flat_map(|one| one.attributes.metadata.names());
    let is_key = resource.kind.starts_with("kubernetes_secret") && names.any(|name| name == SECRET);
    let role = match resource.kind.as_str() {
        BOOTSTRAP => Role::Bootstrap,
        _ if is_key => Role::Key,
        _ => Role::Other,
    };
    let module = resource.module.map(|module| format!("{module}.")).unwrap_or_default();
    let within = format!("{}.{}", resource.kind, resource.name);
    StateEntry { address: format!("{module}{within}"), within, role }
}
