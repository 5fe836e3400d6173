//! One revision of a release.

use std::fmt;

use fluxlift_core::{Namespace, ReleaseName, Timestamp};
use serde_json::{Map, Value, json};

use super::Status;
use crate::chart::Chart;

/// One revision of a release, as the JSON that Helm stores.
#[derive(Clone, PartialEq)]
pub struct Release(Value);

/// What a new revision is made of.
#[derive(Debug, Clone, Copy)]
pub struct NewRelease<'a> {
    /// The release's name.
    pub name: &'a ReleaseName,
    /// Its namespace.
    pub namespace: &'a Namespace,
    /// The revision, from 1.
    pub revision: u32,
    /// The chart, embedded whole.
    pub chart: &'a Chart,
    /// The user's values, without the chart's defaults.
    pub config: &'a Value,
    /// The rendered manifest.
    pub manifest: &'a str,
    /// The rendered notes.
    pub notes: &'a str,
    /// When the release was first deployed; now for a new one.
    pub first_deployed: Timestamp,
    /// When this revision is deployed.
    pub now: Timestamp,
    /// What the revision begins as.
    pub status: Status,
    /// What is being done, for people.
    pub description: &'a str,
}

impl Release {
    /// A new revision.
    pub fn new(of: &NewRelease<'_>) -> Self {
        // Serialising a chart has no way to fail: every key is text.
        let chart = serde_json::to_value(of.chart).unwrap_or_default();
        let mut release = json!({
            "name": of.name.as_str(),
            "namespace": of.namespace.as_str(),
            "version": of.revision,
            "info": {
                "first_deployed": of.first_deployed.to_string(),
                "last_deployed": of.now.to_string(),
                "status": of.status.as_str(),
                "description": of.description,
            },
            "chart": chart,
            "manifest": of.manifest,
            "apply_method": "ssa",
        });
        if !of.notes.is_empty() {
            release["info"]["notes"] = Value::from(of.notes);
        }
        if of.config.as_object().is_some_and(|config| !config.is_empty()) {
            release["config"] = of.config.clone();
        }
        Self(release)
    }

    /// A release from the JSON that Helm stored; `None` when it has no name, revision or status.
    pub fn from_json(json: Value) -> Option<Self> {
        let complete = json["name"].is_string() && json["version"].is_u64() && json["info"]["status"].is_string();
        complete.then_some(Self(json))
    }

    /// As Helm stores it.
    pub const fn json(&self) -> &Value {
        &self.0
    }

    /// The release's name.
    pub fn name(&self) -> &str {
        self.text("/name")
    }

    /// Its namespace.
    pub fn namespace(&self) -> &str {
        self.text("/namespace")
    }

    /// The revision.
    pub fn revision(&self) -> u32 {
        self.0["version"].as_u64().and_then(|v| u32::try_from(v).ok()).unwrap_or_default()
    }

    /// Its status.
    pub fn status(&self) -> Status {
        self.text("/info/status").parse().unwrap_or(Status::Unknown)
    }

    /// What was done last, for people.
    pub fn description(&self) -> &str {
        self.text("/info/description")
    }

    /// The chart's name.
    pub fn chart_name(&self) -> &str {
        self.text("/chart/metadata/name")
    }

    /// The chart's version.
    pub fn chart_version(&self) -> &str {
        self.text("/chart/metadata/version")
    }

    /// The user's values.
    pub fn config(&self) -> Value {
        match &self.0["config"] {
            Value::Null => Value::Object(Map::new()),
            config => config.clone(),
        }
    }

    /// The rendered manifest.
    pub fn manifest(&self) -> &str {
        self.text("/manifest")
    }

    /// When the release was first deployed.
    pub fn first_deployed(&self) -> Option<Timestamp> {
        self.text("/info/first_deployed").parse().ok()
    }

    /// The same revision with another status.
    #[must_use]
    pub fn with_status(mut self, status: Status, description: &str, now: Timestamp) -> Self {
        let info = &mut self.0["info"];
        info["status"] = Value::from(status.as_str());
        info["description"] = Value::from(description);
        if status == Status::Deployed {
            info["last_deployed"] = Value::from(now.to_string());
        }
        if matches!(status, Status::Uninstalling | Status::Uninstalled) {
            info["deleted"] = Value::from(now.to_string());
        }
        self
    }

    fn text(&self, pointer: &str) -> &str {
        self.0.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }
}

impl fmt::Debug for Release {
    /// Without values and manifest: both may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Release({}/{} v{} {})", self.namespace(), self.name(), self.revision(), self.status())
    }
}
