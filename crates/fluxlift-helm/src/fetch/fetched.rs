//! A chart from wherever its source says.

use fluxlift_net::HttpClient;

use super::{ChartSource, Digest, FetchError, oci, repository};
use crate::chart::Chart;

/// A chart that was fetched.
#[derive(Debug, Clone, PartialEq)]
pub struct Fetched {
    /// The chart.
    pub chart: Chart,
    /// What it is known by where it came from: the digest of its manifest in a registry, of its archive in an HTTP
    /// repository or a file. A folder has none.
    pub digest: Option<Digest>,
}

/// Fetches the chart that `source` names.
///
/// # Errors
/// When it cannot be reached, is not there, is not what its digest says, or is no chart.
pub async fn fetch(source: &ChartSource, http: &HttpClient) -> Result<Fetched, FetchError> {
    match source {
        ChartSource::Oci(reference) => oci::fetch(reference, http).await,
        ChartSource::Repository(entry) => repository::fetch(entry, http).await,
        ChartSource::Url { url, digest } => repository::fetch_archive(url, digest.as_ref(), http).await,
        ChartSource::Folder(folder) => Ok(Fetched { chart: Chart::from_folder(folder)?, digest: None }),
        ChartSource::Archive(file) => {
            let bytes =
                std::fs::read(file).map_err(|source| FetchError::File { file: file.display().to_string(), source })?;
            Ok(Fetched { chart: Chart::from_archive(&bytes)?, digest: Some(Digest::of(&bytes)) })
        }
    }
}
