//! The secrets of a cluster: drawn once, kept for ever.
//!
//! The bundle is what `talosctl gen secrets` writes, with the same types of keys, the same PEM and the same names; it is
//! read back from that format and from the shape that the Terraform provider uses.

mod bundle;
mod check;
mod draw;
mod error;
mod format;

pub use bundle::{ADMIN_ROLE, Certificates, ClientIdentity, SecretsBundle};
pub use error::SecretsError;
