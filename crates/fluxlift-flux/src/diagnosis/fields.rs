//! The fields of an object's JSON that a diagnosis reads; serde skips all others while it parses.

use fluxlift_core::Timestamp;
use fluxlift_kube::lean::null_is_default;
use serde::{Deserialize, Deserializer, de::IgnoredAny};

use super::conditions::Conditions;

/// An object of Flux, as far as it is read.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Fields {
    #[serde(default)]
    pub(super) metadata: Metadata,
    #[serde(default)]
    pub(super) spec: Spec,
    #[serde(default)]
    pub(super) status: Status,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Metadata {
    pub(super) name: String,
    pub(super) namespace: String,
    pub(super) uid: String,
    pub(super) generation: i64,
    #[serde(deserialize_with = "time")]
    pub(super) creation_timestamp: Option<Timestamp>,
    #[serde(deserialize_with = "time")]
    pub(super) deletion_timestamp: Option<Timestamp>,
    #[serde(deserialize_with = "null_is_default")]
    pub(super) finalizers: Vec<String>,
    #[serde(deserialize_with = "null_is_default")]
    pub(super) labels: Labels,
    #[serde(deserialize_with = "null_is_default")]
    pub(super) annotations: Annotations,
    #[serde(deserialize_with = "null_is_default")]
    pub(super) managed_fields: Vec<Managed>,
}

/// Who wrote to the object, and when: all that tells when its specification changed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Managed {
    pub(super) manager: String,
    pub(super) subresource: String,
    #[serde(deserialize_with = "time")]
    pub(super) time: Option<Timestamp>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Labels {
    #[serde(rename = "kustomize.toolkit.fluxcd.io/name")]
    pub(super) owner: Option<String>,
    #[serde(rename = "kustomize.toolkit.fluxcd.io/namespace")]
    pub(super) owner_namespace: Option<String>,
    #[serde(rename = "sharding.fluxcd.io/key")]
    pub(super) shard: Option<String>,
    #[serde(rename = "fluxlift.dev/canary")]
    pub(super) canary: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Annotations {
    #[serde(rename = "reconcile.fluxcd.io/requestedAt")]
    pub(super) requested_at: Option<String>,
    #[serde(rename = "fluxlift.dev/rescue")]
    pub(super) rescue: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Spec {
    pub(super) suspend: bool,
    #[serde(deserialize_with = "null_is_default")]
    pub(super) depends_on: Vec<Reference>,
    pub(super) source_ref: Option<Reference>,
    pub(super) chart_ref: Option<Reference>,
    pub(super) chart: Option<Chart>,
    #[serde(rename = "type")]
    pub(super) flavour: Option<String>,
}

/// What another object is named by.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Reference {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) namespace: String,
    pub(super) ready_expr: Option<IgnoredAny>,
}

/// A HelmRelease has a template here, a HelmChart a name.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Chart {
    Template { spec: Template },
    Other(IgnoredAny),
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Template {
    pub(super) source_ref: Reference,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Status {
    pub(super) observed_generation: Option<i64>,
    pub(super) conditions: Conditions,
    pub(super) last_handled_reconcile_at: Option<String>,
    pub(super) last_applied_revision: Option<String>,
    pub(super) artifact: Option<Artifact>,
    #[serde(deserialize_with = "null_is_default")]
    pub(super) history: Vec<Snapshot>,
    pub(super) storage_namespace: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Artifact {
    pub(super) revision: String,
    #[serde(deserialize_with = "time")]
    pub(super) last_update_time: Option<Timestamp>,
}

/// A revision of a Helm release.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Snapshot {
    pub(super) status: String,
    pub(super) name: String,
    pub(super) version: i64,
}

/// A time; one that can't be read is as good as none, and no reason to read nothing else.
pub(super) fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let text: Option<std::borrow::Cow<'de, str>> = Option::deserialize(deserializer)?;
    Ok(text.and_then(|text| text.parse().ok()))
}
