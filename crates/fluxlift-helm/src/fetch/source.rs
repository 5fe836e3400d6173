//! Where a chart comes from, as people write it.

use std::fmt;
use std::path::PathBuf;

use fluxlift_core::{ErrorKind, Explain, Hint};
use fluxlift_net::Authority;
use thiserror::Error;

use super::Digest;
use crate::version::Constraint;

/// Where a chart comes from.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ChartSource {
    /// A repository in an OCI registry.
    Oci(OciReference),
    /// A chart of an HTTP repository with an `index.yaml`.
    Repository(RepositoryEntry),
    /// An archive behind an address.
    Url {
        /// The address.
        url: url::Url,
        /// What the archive must be.
        digest: Option<Digest>,
    },
    /// A folder with `Chart.yaml` in it.
    Folder(PathBuf),
    /// A `.tgz` file.
    Archive(PathBuf),
}

/// A chart in an OCI registry.
#[derive(Debug, Clone, PartialEq)]
pub struct OciReference {
    /// The registry.
    pub registry: Authority,
    /// The repository's path, the chart's name included.
    pub repository: String,
    /// Which version; `None` means the newest.
    pub version: Option<String>,
    /// What the manifest must be.
    pub digest: Option<Digest>,
}

/// A chart in an HTTP repository.
#[derive(Debug, Clone, PartialEq)]
pub struct RepositoryEntry {
    /// The repository's address, above `index.yaml`.
    pub url: url::Url,
    /// The chart's name.
    pub chart: String,
    /// Which version; `None` means the newest.
    pub version: Option<String>,
    /// What the archive must be.
    pub digest: Option<Digest>,
}

/// A source that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SourceError {
    /// The place.
    #[error("{given:?} is not a place of a chart: {why}")]
    Place {
        /// What was given, without a password.
        given: String,
        /// What is wrong.
        why: &'static str,
    },
    /// The version.
    #[error("{given:?} is not a chart version or a version constraint")]
    Version {
        /// What was given.
        given: String,
    },
    /// The digest.
    #[error("{given:?} is not a digest of the form sha256:<64 hex digits>")]
    Digest {
        /// What was given.
        given: String,
    },
}

impl Explain for SourceError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Usage
    }

    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Place { .. } => {
                vec![Hint::new("write oci://<registry>/<path>/<chart>, an address of a .tgz, a folder or a .tgz file")]
            }
            Self::Version { .. } => vec![Hint::new("write a version such as 0.58.1, or a constraint such as 0.58.x")],
            Self::Digest { .. } => vec![],
        }
    }
}

impl ChartSource {
    /// Reads `oci://host[:port]/path/chart`, `https://…/chart.tgz`, or a path on this machine.
    ///
    /// `version` is a version or a constraint such as `0.58.x`; `digest` pins the manifest (OCI) or the archive (HTTP).
    /// `oci://…@sha256:…` pins as well.
    ///
    /// # Errors
    /// When place, version or digest are not understood.
    pub fn parse(place: &str, version: Option<&str>, digest: Option<&str>) -> Result<Self, SourceError> {
        let version = checked(version)?;
        let digest = digest.map(str::parse).transpose()?;
        if let Some(rest) = place.strip_prefix("oci://") {
            return oci(place, rest, version, digest).map(Self::Oci);
        }
        if place.starts_with("http://") || place.starts_with("https://") {
            let url = url_of(place)?;
            if !url.path().ends_with(".tgz") {
                let why = "an HTTP repository needs the chart's name beside it";
                return Err(SourceError::Place { given: place.to_owned(), why });
            }
            return Ok(Self::Url { url, digest });
        }
        let path = PathBuf::from(place);
        let archive = place.ends_with(".tgz") || place.ends_with(".tar.gz");
        Ok(if archive { Self::Archive(path) } else { Self::Folder(path) })
    }

    /// The chart `chart` of a repository: `oci://host/path` or the address of an HTTP repository.
    ///
    /// # Errors
    /// As [`ChartSource::parse`].
    pub fn in_repository(
        repository: &str,
        chart: &str,
        version: Option<&str>,
        digest: Option<&str>,
    ) -> Result<Self, SourceError> {
        if repository.starts_with("oci://") {
            return Self::parse(&format!("{}/{chart}", repository.trim_end_matches('/')), version, digest);
        }
        let mut url = url_of(repository)?;
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        Ok(Self::Repository(RepositoryEntry {
            url,
            chart: chart.to_owned(),
            version: checked(version)?,
            digest: digest.map(str::parse).transpose()?,
        }))
    }
}

impl fmt::Display for ChartSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Oci(reference) => reference.fmt(f),
            Self::Repository(entry) => write!(f, "{} of {}", entry.chart, entry.url),
            Self::Url { url, .. } => url.fmt(f),
            Self::Folder(path) | Self::Archive(path) => path.display().fmt(f),
        }
    }
}

impl fmt::Display for OciReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.version, &self.digest) {
            (_, Some(digest)) => write!(f, "oci://{}/{}@{digest}", self.registry, self.repository),
            (Some(version), None) => write!(f, "oci://{}/{}:{version}", self.registry, self.repository),
            (None, None) => write!(f, "oci://{}/{}", self.registry, self.repository),
        }
    }
}

fn checked(version: Option<&str>) -> Result<Option<String>, SourceError> {
    match version {
        None | Some("" | "latest") => Ok(None),
        Some(given) if Constraint::parse(given).is_ok() => Ok(Some(given.to_owned())),
        Some(given) => Err(SourceError::Version { given: given.to_owned() }),
    }
}

/// An address without name and password: those would reach messages.
fn url_of(place: &str) -> Result<url::Url, SourceError> {
    let error = |why| SourceError::Place { given: place.split('@').next_back().unwrap_or_default().to_owned(), why };
    let url = url::Url::parse(place).map_err(|_| error("it is not an address"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(error("it must not hold a name or a password"));
    }
    if matches!(url.scheme(), "http" | "https") { Ok(url) } else { Err(error("it is neither http nor https")) }
}

fn oci(
    place: &str,
    rest: &str,
    mut version: Option<String>,
    mut digest: Option<Digest>,
) -> Result<OciReference, SourceError> {
    let error = |why| SourceError::Place { given: place.to_owned(), why };
    let (host, path) = rest.split_once('/').ok_or_else(|| error("it has no path after the registry"))?;
    let mut path = path.trim_end_matches('/');
    if let Some((before, pin)) = path.split_once('@') {
        digest = Some(pin.parse()?);
        path = before;
    }
    if let Some((before, tag)) = path.rsplit_once(':') {
        version = checked(Some(tag))?;
        path = before;
    }
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    if path.is_empty() || !path.split('/').all(|part| !part.is_empty() && part.chars().all(allowed)) {
        return Err(error("its path may hold only a-z, 0-9, '.', '_' and '-' between its slashes"));
    }
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let registry = if has_port {
        host.parse().map_err(|_| error("its registry is not host[:port]"))?
    } else {
        let bare = Authority::new(host.trim_start_matches('[').trim_end_matches(']'), 443);
        Authority { port: if bare.is_loopback() { 80 } else { 443 }, ..bare }
    };
    if registry.host.is_empty() || registry.host.contains(['@', '?', '#', ' ']) {
        return Err(error("its registry is not host[:port]"));
    }
    Ok(OciReference { registry, repository: path.to_owned(), version, digest })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_oci_address_is_read_with_port_tag_and_digest() {
        let pin = format!("sha256:{}", "ab".repeat(32));
        let read = |place: &str| ChartSource::parse(place, Some("1.2.3"), None).unwrap().to_string();
        assert_eq!(read("oci://127.0.0.1:5000/charts/x"), "oci://127.0.0.1:5000/charts/x:1.2.3");
        assert_eq!(read("oci://ghcr.io/a/b/x"), "oci://ghcr.io:443/a/b/x:1.2.3");
        assert_eq!(read("oci://ghcr.io/a/x:2.0.0"), "oci://ghcr.io:443/a/x:2.0.0");
        assert_eq!(read(&format!("oci://[::1]:5000/x@{pin}")), format!("oci://[::1]:5000/x@{pin}"));
    }

    #[test]
    fn what_is_not_understood_says_why() {
        for (place, version, digest) in [
            ("oci://ghcr.io", None, None),
            ("oci://ghcr.io/UPPER", None, None),
            ("oci://user@ghcr.io/x", None, None),
            ("https://charts.example.org", None, None),
            ("https://me:secret@charts.example.org/x.tgz", None, None),
            ("oci://ghcr.io/x", Some("newest"), None),
            ("oci://ghcr.io/x", None, Some("sha256:12")),
        ] {
            let error = ChartSource::parse(place, version, digest).unwrap_err();
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
