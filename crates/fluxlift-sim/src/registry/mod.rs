//! The chart registry: the read side of the OCI distribution protocol.
//!
//! It serves what [`Registry::with_reference_charts`] packed: the flux-operator chart of this crate's `charts/` folder at
//! several versions, byte for byte the same each time. Clones share the blobs, so that cloning a world stays cheap.

mod challenge;
mod charts;
mod digest;
mod respond;
mod store;

pub use challenge::Challenge;
pub use charts::{CHART_VERSIONS, REPOSITORY};
pub use digest::sha256;
pub use store::{Registry, StoredManifest};

/// The registry's address in the reference tree.
pub const HOST: &str = "127.101.0.3";
/// The registry's port in the reference tree.
pub const PORT: u16 = 5000;
