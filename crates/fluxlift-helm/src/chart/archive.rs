//! A chart in a `.tgz`, read with suspicion: it may come from anywhere.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Component;

use flate2::read::GzDecoder;

use super::{Chart, ChartError};

/// How much an archive may hold.
#[derive(Debug, Clone, Copy)]
pub struct ArchiveLimits {
    /// Bytes of all files together, unpacked.
    pub total: u64,
    /// Bytes of one file, unpacked.
    pub file: u64,
    /// How many entries.
    pub entries: usize,
}

impl Default for ArchiveLimits {
    fn default() -> Self {
        Self { total: 100 << 20, file: 5 << 20, entries: 10_000 }
    }
}

impl Chart {
    /// Reads a chart from a gzipped tar whose entries all lie under one folder, as `helm package` writes it.
    ///
    /// # Errors
    /// When the archive is broken, too large, points outside itself, or holds no valid chart.
    pub fn from_archive(bytes: &[u8]) -> Result<Self, ChartError> {
        Self::from_archive_within(bytes, ArchiveLimits::default())
    }

    /// The same with other limits.
    ///
    /// # Errors
    /// As [`Chart::from_archive`].
    pub fn from_archive_within(bytes: &[u8], limits: ArchiveLimits) -> Result<Self, ChartError> {
        let broken = |source| ChartError::Read { place: "archive".to_owned(), source };
        // One byte over the limit is enough to know; headers and padding get as much again as the files.
        let plain = GzDecoder::new(bytes).take(limits.total.saturating_mul(2) + 1);
        let mut archive = tar::Archive::new(plain);
        let mut files = BTreeMap::new();
        let mut total = 0_u64;
        for (count, entry) in archive.entries().map_err(broken)?.enumerate() {
            if count >= limits.entries {
                return Err(too_large(format!("{} entries", limits.entries)));
            }
            let entry = entry.map_err(broken)?;
            let given = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let Some(name) = inside(&given)? else { continue };
            // Links are not followed and devices not made: a chart needs neither.
            if !entry.header().entry_type().is_file() {
                continue;
            }
            let mut data = Vec::new();
            entry.take(limits.file + 1).read_to_end(&mut data).map_err(broken)?;
            let size = data.len() as u64;
            total += size;
            if size > limits.file {
                return Err(too_large(format!("{} MiB in one file", limits.file >> 20)));
            }
            if total > limits.total {
                return Err(too_large(format!("{} MiB unpacked", limits.total >> 20)));
            }
            files.insert(name, data);
        }
        Self::from_files(files, "the archive")
    }
}

fn too_large(limit: String) -> ChartError {
    ChartError::TooLarge { limit }
}

/// The path below the archive's one folder; `None` for that folder itself.
fn inside(given: &str) -> Result<Option<String>, ChartError> {
    let escape = || ChartError::Escape { entry: given.to_owned() };
    let mut parts = Vec::new();
    if given.contains('\\') {
        return Err(escape());
    }
    for component in std::path::Path::new(given).components() {
        match component {
            Component::Normal(part) => parts.push(part.to_string_lossy().into_owned()),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return Err(escape()),
        }
    }
    Ok(if parts.len() < 2 { None } else { Some(parts[1..].join("/")) })
}
