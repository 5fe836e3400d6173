//! The Secret that holds a revision.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fluxlift_core::{ReleaseName, Timestamp};
use serde_json::{Value, json};

use super::error::LARGEST;
use super::{Release, ReleaseError, Status, codec};

/// The type of such a Secret.
const TYPE: &str = "helm.sh/release.v1";

/// A revision and the Secret that it is stored in.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRelease {
    /// The revision.
    pub release: Release,
    /// The Secret's resourceVersion.
    pub resource_version: String,
    /// The Secret's UID.
    pub uid: String,
    /// The Secret's labels: Helm's, and whatever a user gave to the release.
    labels: BTreeMap<String, String>,
}

/// The name of the Secret of one revision.
pub fn secret_name(release: &str, revision: u32) -> String {
    format!("sh.helm.release.v1.{release}.v{revision}")
}

/// What selects the Secrets of a release.
pub fn label_selector(release: &ReleaseName) -> String {
    format!("owner=helm,name={release}")
}

impl Release {
    /// The Secret that stores this revision for the first time.
    ///
    /// # Errors
    /// When it does not fit into a Secret.
    pub fn to_secret(&self, now: Timestamp) -> Result<Value, ReleaseError> {
        let labels = BTreeMap::from([("createdAt".to_owned(), now.as_second().to_string())]);
        secret(self, labels)
    }
}

impl StoredRelease {
    /// Reads a Secret.
    ///
    /// # Errors
    /// When it is not a release, or damaged.
    pub fn from_secret(secret: &Value) -> Result<Self, ReleaseError> {
        let text = |pointer: &str| secret.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let name = text("/metadata/name");
        let not = |why| ReleaseError::NotARelease { secret: name.clone(), why };
        if text("/type") != TYPE {
            return Err(not("its type is not helm.sh/release.v1"));
        }
        let data = secret.pointer("/data/release").and_then(Value::as_str).ok_or_else(|| not("it has no data"))?;
        let damaged = |source| ReleaseError::Damaged { secret: name.clone(), source };
        let packed = STANDARD.decode(data).map_err(|e| damaged(e.into()))?;
        let json = codec::unpack(&packed).map_err(damaged)?;
        let release = Release::from_json(json).ok_or_else(|| not("it has no name, revision or status"))?;
        let labels = secret["metadata"]["labels"].as_object().into_iter().flatten();
        Ok(Self {
            release,
            resource_version: text("/metadata/resourceVersion"),
            uid: text("/metadata/uid"),
            labels: labels.filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned()))).collect(),
        })
    }

    /// The Secret with the revision's new status, to be written only over the resourceVersion that was read.
    ///
    /// # Errors
    /// When it does not fit into a Secret.
    pub fn to_secret(&self, status: Status, description: &str, now: Timestamp) -> Result<Value, ReleaseError> {
        let release = self.release.clone().with_status(status, description, now);
        let mut labels = self.labels.clone();
        labels.insert("modifiedAt".to_owned(), now.as_second().to_string());
        let mut secret = secret(&release, labels)?;
        secret["metadata"]["resourceVersion"] = Value::from(self.resource_version.as_str());
        Ok(secret)
    }
}

fn secret(release: &Release, mut labels: BTreeMap<String, String>) -> Result<Value, ReleaseError> {
    let name = format!("{} v{}", release.name(), release.revision());
    let packed =
        codec::pack(release.json()).map_err(|source| ReleaseError::Unpackable { release: name.clone(), source })?;
    if packed.len() > LARGEST {
        return Err(ReleaseError::TooLarge { release: name, size: packed.len() });
    }
    labels.insert("name".to_owned(), release.name().to_owned());
    labels.insert("owner".to_owned(), "helm".to_owned());
    labels.insert("status".to_owned(), release.status().to_string());
    labels.insert("version".to_owned(), release.revision().to_string());
    Ok(json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": secret_name(release.name(), release.revision()),
            "namespace": release.namespace(),
            "labels": labels,
        },
        "type": TYPE,
        "data": { "release": STANDARD.encode(packed) },
    }))
}
