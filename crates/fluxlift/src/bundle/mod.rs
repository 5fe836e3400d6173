//! The support bundle: one archive that somebody else can read, without a secret in it.
//!
//! ```text
//! cluster ─► records ─┐
//! doctor, status ─────┼─► redactor ─► files ─► tar.gz (temporary file, then rename, mode 0600)
//! journal, ledger ────┘
//! ```
//!
//! **Nothing goes into a bundle but through the [`Redactor`].** Of objects only fields that are named in [`record`] are
//! taken, never a Secret's data, never a release's values. What is left, words of people and programs, is searched for
//! every secret value that the run or the cluster knows, in each of its usual spellings, and for what looks like one.
//! A file in which a known secret is still found afterwards is left out.

mod archive;
mod cluster;
mod compose;
mod known;
mod needles;
mod patterns;
pub mod record;
mod redactor;
mod spelling;
mod storage;
mod write;

pub use archive::{Archive, BundleError};
pub use compose::{Run, compose};
pub use known::Known;
pub use redactor::Redactor;
pub use write::{About, write};
