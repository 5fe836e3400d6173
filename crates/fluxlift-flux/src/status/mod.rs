//! The whole chain at a glance: operator, FluxInstance, controllers, sources, Kustomizations, HelmReleases.
//!
//! ```text
//! cluster ──► Sight ──► Report
//! paged lists  graph     verdicts, root causes, the one command that helps
//! ```
//!
//! [`look`] reads, and keeps of each object only what a diagnosis needs; [`Report::of`] judges, and is pure. Nothing is
//! changed in the cluster. What is Ready here was proven by what the objects say of their own generation; that a
//! controller *works* is proven by canaries only (the `canary` module), so a controller counts here as proven when a current
//! leader renews its Lease.

mod chain;
mod command;
mod error;
mod look;
mod report;
mod row;

pub use chain::Chain;
pub(crate) use chain::{not_rolled_out, operator};
pub use error::StatusError;
pub use look::{Sight, look};
pub use report::{Layer, Report, RootCause, Summary};
pub use row::Row;
