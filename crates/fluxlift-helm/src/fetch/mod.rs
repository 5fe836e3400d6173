//! Fetching charts: from an OCI registry, an HTTP repository, an archive or a folder.
//!
//! Everything over the network goes through [`fluxlift_net::HttpClient`], so it works against the simulator as it does
//! against the world. Registries on loopback addresses speak plain HTTP, as container tools have it; all others HTTPS.

mod challenge;
mod client;
mod digest;
mod error;
mod fetched;
mod oci;
mod repository;
mod source;

pub use digest::Digest;
pub use error::FetchError;
pub use fetched::{Fetched, fetch};
pub use source::{ChartSource, SourceError};
