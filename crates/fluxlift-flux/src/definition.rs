//! A custom resource definition, without its schemas: they are large.

use serde::Deserialize;

/// How a custom resource definition stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Definition {
    metadata: Metadata,
    spec: Spec,
    status: Status,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metadata {
    deletion_timestamp: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct Spec {
    versions: Vec<Version>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct Version {
    name: String,
    served: bool,
    storage: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct Status {
    conditions: Vec<Condition>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct Condition {
    r#type: String,
    status: String,
    message: String,
}

impl Definition {
    /// Why objects of it cannot be had; `None` when they can.
    pub fn trouble(&self) -> Option<String> {
        if self.metadata.deletion_timestamp.is_some() {
            return Some("it is being deleted, and all objects of the kind with it".to_owned());
        }
        match self.status.conditions.iter().find(|condition| condition.r#type == "Established") {
            Some(established) if established.status != "True" => {
                Some(format!("Established={}: {}", established.status, established.message))
            }
            None => Some("it has no Established condition yet".to_owned()),
            Some(_) if self.versions().is_empty() => Some("it serves no version".to_owned()),
            Some(_) => None,
        }
    }

    /// The versions that it serves, the stored one first.
    pub fn versions(&self) -> Vec<&str> {
        let mut served: Vec<&Version> = self.spec.versions.iter().filter(|version| version.served).collect();
        served.sort_by_key(|version| !version.storage);
        served.into_iter().map(|version| version.name.as_str()).collect()
    }
}
