//! Charts: what is in them, and how they are read from an archive or a folder.

mod archive;
mod error;
mod files;
mod folder;
mod metadata;
mod values;

pub use archive::ArchiveLimits;
pub use error::ChartError;
pub use files::{Chart, ChartFile};
pub use metadata::{Maintainer, Metadata};
pub use values::{coalesce, digest as values_digest};
