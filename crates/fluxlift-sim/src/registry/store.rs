//! What the registry holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::json;

use super::Challenge;
use super::digest::sha256;

/// Media type of an image manifest.
pub(super) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// Media type of a chart's metadata.
pub(super) const CONFIG: &str = "application/vnd.cncf.helm.config.v1+json";
/// Media type of a packed chart.
pub(super) const CHART: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";

/// A registry of charts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Registry {
    /// Repositories by path, such as `charts/flux-operator`.
    repositories: BTreeMap<String, Repository>,
    /// What clients must do before they may read; `None` lets everybody read.
    #[serde(default)]
    challenge: Option<Challenge>,
}

/// One repository.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Repository {
    /// Digests by tag.
    pub(super) tags: BTreeMap<String, String>,
    /// Manifests by digest.
    pub(super) manifests: BTreeMap<String, StoredManifest>,
    /// Blobs by the digest that they are served under.
    pub(super) blobs: BTreeMap<String, Blob>,
}

/// A manifest as it is served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredManifest {
    /// Its media type.
    pub media_type: String,
    /// Its text.
    pub body: Arc<str>,
}

/// Bytes that clones share; JSON has them as base64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Blob(pub(super) Arc<[u8]>);

impl Registry {
    /// Stores a packed chart under `repository` with `tag`, and gives the manifest's digest.
    pub fn push_chart(&mut self, repository: &str, tag: &str, metadata: &serde_json::Value, archive: &[u8]) -> String {
        let store = self.repositories.entry(repository.to_owned()).or_default();
        let config = metadata.to_string().into_bytes();
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": { "mediaType": CONFIG, "digest": sha256(&config), "size": config.len() },
            "layers": [{ "mediaType": CHART, "digest": sha256(archive), "size": archive.len() }],
            "annotations": {
                "org.opencontainers.image.title": metadata["name"],
                "org.opencontainers.image.version": metadata["version"],
                "org.opencontainers.image.description": metadata["description"],
            },
        })
        .to_string();
        store.blobs.insert(sha256(&config), Blob(config.into()));
        store.blobs.insert(sha256(archive), Blob(archive.into()));
        let digest = sha256(manifest.as_bytes());
        store.tags.insert(tag.to_owned(), digest.clone());
        store
            .manifests
            .insert(digest.clone(), StoredManifest { media_type: MANIFEST.to_owned(), body: manifest.into() });
        digest
    }

    /// The digest behind a tag.
    pub fn digest_of(&self, repository: &str, tag: &str) -> Option<&str> {
        self.repositories.get(repository)?.tags.get(tag).map(String::as_str)
    }

    /// Puts other bytes under a blob's digest: a registry that lies, or a disk that rots. Says whether there was one.
    pub fn corrupt_blob(&mut self, repository: &str, digest: &str, bytes: &[u8]) -> bool {
        let blob = self.repositories.get_mut(repository).and_then(|store| store.blobs.get_mut(digest));
        blob.map(|blob| *blob = Blob(bytes.into())).is_some()
    }

    /// The digest of the chart archive behind a tag.
    pub fn archive_digest(&self, repository: &str, tag: &str) -> Option<String> {
        let store = self.repositories.get(repository)?;
        let manifest = store.manifests.get(store.tags.get(tag)?)?;
        let manifest: serde_json::Value = serde_json::from_str(&manifest.body).ok()?;
        Some(manifest["layers"][0]["digest"].as_str()?.to_owned())
    }

    /// Lets nobody read without a token from now on.
    pub fn require_token(&mut self, challenge: Challenge) {
        self.challenge = Some(challenge);
    }

    pub(super) const fn challenge(&self) -> Option<&Challenge> {
        self.challenge.as_ref()
    }

    pub(super) fn repository(&self, path: &str) -> Option<&Repository> {
        self.repositories.get(path)
    }
}

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Ok(Self(STANDARD.decode(text).map_err(serde::de::Error::custom)?.into()))
    }
}
