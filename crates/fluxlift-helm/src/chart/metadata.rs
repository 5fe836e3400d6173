//! `Chart.yaml`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ChartError;

/// What `Chart.yaml` says, with the field names that Helm stores in a release.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// The chart's name.
    #[serde(default)]
    pub name: String,
    /// Its home page.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub home: String,
    /// Where its source lives.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// Its version (semver).
    #[serde(default)]
    pub version: String,
    /// What it is, in a sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Words to find it by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// Who looks after it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub maintainers: Vec<Maintainer>,
    /// A picture's address.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub icon: String,
    /// The version of the chart format: `v1` or `v2`.
    #[serde(default)]
    pub api_version: String,
    /// The version of what it installs.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub app_version: String,
    /// Whether it is deprecated.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deprecated: bool,
    /// Free notes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// The Kubernetes versions that it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub kube_version: String,
    /// Other charts that it needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<serde_json::Value>,
    /// `application`, which is the default, or `library`.
    #[serde(default, rename = "type", skip_serializing_if = "String::is_empty")]
    pub kind: String,
}

/// Who looks after a chart.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Maintainer {
    /// Their name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Their address.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub email: String,
    /// Their page.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub url: String,
}

impl Metadata {
    /// Checks what an installable chart must say of itself.
    ///
    /// # Errors
    /// When it does not, or when it needs sub-charts.
    pub fn check(&self) -> Result<(), ChartError> {
        let invalid = |why: String| Err(ChartError::Invalid { why });
        if !matches!(self.api_version.as_str(), "v1" | "v2") {
            return invalid(format!("apiVersion is {:?}, not v1 or v2", self.api_version));
        }
        if self.name.is_empty() || self.name.contains(['/', '\\']) || self.name.starts_with('.') {
            return invalid(format!("{:?} is not a chart name", self.name));
        }
        if semver::Version::parse(self.version.trim_start_matches('v')).is_err() {
            return invalid(format!("{:?} is not a semantic version", self.version));
        }
        if self.kind == "library" {
            return invalid("a library chart cannot be installed".to_owned());
        }
        if let Some(first) = self.dependencies.first() {
            let name = first.get("name").and_then(serde_json::Value::as_str).unwrap_or("unnamed");
            return Err(ChartError::Unsupported { what: format!("sub-charts ({name})") });
        }
        Ok(())
    }
}
