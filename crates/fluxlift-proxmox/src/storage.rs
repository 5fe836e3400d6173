//! Storages, the volumes on them, and fetching an image from a URL.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use crate::{Proxmox, ProxmoxError, Upid};

/// A volume: `storage:content/name`, or `storage:name` for a disk.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct VolumeId {
    /// The storage.
    pub storage: String,
    /// What follows the colon.
    pub path: String,
}

/// Text that is not a volume.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{given:?} is not a Proxmox volume such as local:import/talos.raw")]
pub struct VolumeIdError {
    /// What was given.
    pub given: String,
}

impl VolumeId {
    /// The content type that the path names: `iso`, `import`, `vztmpl`; `None` for a disk.
    pub fn content(&self) -> Option<&str> {
        self.path.split_once('/').map(|(content, _)| content)
    }

    /// The file's name.
    pub fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

impl FromStr for VolumeId {
    type Err = VolumeIdError;

    fn from_str(given: &str) -> Result<Self, VolumeIdError> {
        match given.split_once(':') {
            Some((storage, path)) if !storage.is_empty() && !path.is_empty() && !storage.contains('/') => {
                Ok(Self { storage: storage.to_owned(), path: path.to_owned() })
            }
            _ => Err(VolumeIdError { given: given.to_owned() }),
        }
    }
}

impl fmt::Display for VolumeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.storage, self.path)
    }
}

/// A storage as one host sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageStatus {
    /// Whether it is there right now.
    pub active: bool,
    /// What it may hold: `images`, `iso`, `import`, `snippets`, …
    pub content: Vec<String>,
    /// Free bytes, where known.
    pub available: Option<u64>,
}

impl StorageStatus {
    /// Whether it may hold `content`.
    pub fn holds(&self, content: &str) -> bool {
        self.content.iter().any(|c| c == content)
    }
}

/// An image to fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    /// From where. The server can't decompress `xz`.
    pub url: String,
    /// Where to. The content type is part of it.
    pub volume: VolumeId,
    /// The SHA-256 that the file must have, in hex.
    pub sha256: Option<String>,
    /// `gz`, `lzo` or `zst`, when the file is to be decompressed.
    pub decompress: Option<String>,
}

impl Proxmox {
    /// The storage as `host` sees it.
    ///
    /// # Errors
    /// When it does not exist there.
    pub async fn storage(&self, host: &str, storage: &str) -> Result<StorageStatus, ProxmoxError> {
        #[derive(Deserialize)]
        struct Status {
            #[serde(default)]
            active: Value,
            #[serde(default)]
            content: String,
            #[serde(default)]
            avail: Option<u64>,
        }
        let status: Status = self.get(&["nodes", host, "storage", storage, "status"], &[]).await?;
        Ok(StorageStatus {
            active: truthy(&status.active),
            content: status.content.split(',').filter(|c| !c.is_empty()).map(str::to_owned).collect(),
            available: status.avail,
        })
    }

    /// Whether the volume exists, as `host` sees it.
    ///
    /// # Errors
    /// When its storage can't be listed.
    pub async fn has_volume(&self, host: &str, volume: &VolumeId) -> Result<bool, ProxmoxError> {
        #[derive(Deserialize)]
        struct Entry {
            volid: String,
        }
        let path = ["nodes", host, "storage", &volume.storage, "content"];
        let query: Vec<(&str, &str)> = volume.content().map(|content| ("content", content)).into_iter().collect();
        let entries: Vec<Entry> = self.get(&path, &query).await?;
        let name = volume.to_string();
        Ok(entries.iter().any(|entry| entry.volid == name))
    }

    /// Asks `host` to fetch an image. The end of the task is the end of the download.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn download(&self, host: &str, image: &Download) -> Result<Upid, ProxmoxError> {
        let mut form = vec![
            ("content".to_owned(), image.volume.content().unwrap_or("iso").to_owned()),
            ("filename".to_owned(), image.volume.file_name().to_owned()),
            ("url".to_owned(), image.url.clone()),
        ];
        if let Some(sha256) = &image.sha256 {
            form.push(("checksum".to_owned(), sha256.clone()));
            form.push(("checksum-algorithm".to_owned(), "sha256".to_owned()));
        }
        if let Some(compression) = &image.decompress {
            form.push(("compression".to_owned(), compression.clone()));
        }
        self.post(&["nodes", host, "storage", &image.volume.storage, "download-url"], &form).await
    }
}

/// Proxmox writes booleans as 1, "1" or true.
pub(crate) fn truthy(value: &Value) -> bool {
    match value {
        Value::Bool(b) => *b,
        Value::Number(n) => n.as_f64() != Some(0.0),
        Value::String(s) => !matches!(s.as_str(), "" | "0" | "no" | "off" | "false"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_names_its_storage_and_its_content() {
        let image: VolumeId = "resources:iso/talos-v1.12.0.iso".parse().unwrap();
        assert_eq!(
            (image.storage.as_str(), image.content(), image.file_name()),
            ("resources", Some("iso"), "talos-v1.12.0.iso")
        );
        assert_eq!("local-zfs:vm-1-disk-0".parse::<VolumeId>().unwrap().content(), None);
        assert!("/var/lib/vz/x.iso".parse::<VolumeId>().is_err());
    }
}
