//! What the API knows of a kind of object.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::GroupResource;

/// A kind of object, built in or defined by a CustomResourceDefinition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kind {
    /// Its resource.
    pub gr: GroupResource,
    /// Its name in objects, such as `Deployment`.
    pub kind: Cow<'static, str>,
    /// The singular name, such as `deployment`.
    pub singular: Cow<'static, str>,
    /// Short names, such as `deploy`.
    pub short_names: Vec<Cow<'static, str>>,
    /// Categories, such as `all`.
    pub categories: Vec<Cow<'static, str>>,
    /// Whether objects live in namespaces.
    pub namespaced: bool,
    /// The served versions, preferred first.
    pub versions: Vec<Version>,
    /// The version in which objects are stored.
    pub storage: Cow<'static, str>,
    /// Whether a CustomResourceDefinition made it.
    pub custom: bool,
}

/// One served version of a kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Version {
    /// Its name, such as `v1`.
    pub name: Cow<'static, str>,
    /// Whether status is written by its own subresource only.
    pub status: bool,
    /// Where replicas stand (`specReplicasPath`, `statusReplicasPath`, `labelSelectorPath`), for kinds that scale.
    pub scale: Option<Arc<Value>>,
    /// The OpenAPI schema of a custom kind.
    pub schema: Option<Arc<Value>>,
    /// Columns for people, of a custom kind.
    pub columns: Vec<Column>,
    /// Whether the definition says that it should be left.
    pub deprecated: bool,
}

/// One column of a custom kind, as `additionalPrinterColumns` has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Column {
    /// The heading.
    pub name: String,
    /// The type: `string`, `integer`, `boolean`, `date`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Where the value stands.
    pub json_path: String,
    /// What it means.
    #[serde(default)]
    pub description: String,
    /// Zero for columns that are always shown.
    #[serde(default)]
    pub priority: i32,
    /// A hint for showing the value.
    #[serde(default)]
    pub format: String,
}

impl Kind {
    /// `apiVersion` of stored objects.
    pub fn storage_api_version(&self) -> String {
        self.api_version(&self.storage)
    }

    /// `apiVersion` of objects in `version`.
    pub fn api_version(&self, version: &str) -> String {
        if self.gr.group.is_empty() { version.to_owned() } else { format!("{}/{version}", self.gr.group) }
    }

    /// A served version by its name.
    pub fn version(&self, name: &str) -> Option<&Version> {
        self.versions.iter().find(|v| v.name == name)
    }

    /// The served version of an object's `apiVersion`.
    pub fn version_of(&self, api_version: &str) -> Option<&Version> {
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        if group == self.gr.group { self.version(version) } else { None }
    }

    /// Whether status is written by its own subresource only.
    pub fn has_status(&self) -> bool {
        self.version(&self.storage).or_else(|| self.versions.first()).is_some_and(|v| v.status)
    }
}
