//! A custom resource definition, without its schemas: they are large.

use fluxlift_kube::lean::null_is_default;
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
    #[serde(deserialize_with = "null_is_default")]
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
    #[serde(deserialize_with = "null_is_default")]
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_definition_that_was_created_a_moment_ago_is_read_with_the_nulls_that_an_api_server_writes() {
        let definition: Definition = serde_json::from_value(json!({
            "metadata": {"name": "buckets.source.toolkit.fluxcd.io", "creationTimestamp": null},
            "spec": {"versions": [{"name": "v1", "served": true, "storage": true}]},
            "status": {"acceptedNames": {"kind": "", "plural": ""}, "conditions": null, "storedVersions": ["v1"]},
        }))
        .unwrap();
        assert_eq!(definition.trouble().as_deref(), Some("it has no Established condition yet"));
        assert_eq!(definition.versions(), ["v1"]);
    }
}
