//! Machine configurations: generated per version contract, patched, compared.
//!
//! Typed is only what other units need to know: the cluster's name, endpoint, versions and networks, and per node its
//! name, role, addresses, VIP, disk and installer image. Everything else comes as strategic merge patches at cluster,
//! role and node level, merged by the table in [`merge`](self) as `talosctl machineconfig patch` does.

mod contract;
mod document;
mod error;
mod generate;
mod merge;
mod model;
mod network;
mod patch;
mod rules;

pub use contract::Contract;
pub use document::{InlineManifest, MachineConfig};
pub use error::ConfigError;
pub use generate::generate;
pub use model::{ClusterSpec, Interface, NodeSpec, Role};
pub use patch::Patch;
