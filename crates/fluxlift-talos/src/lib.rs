//! Talos Linux: secrets bundle, machine configuration, gRPC client and node state.
//!
//! Facts about Talos (types of keys, version contracts, field numbers, error codes) were read from its public API and
//! checked against its own Go packages; the messages are written by hand.

pub mod client;
pub mod config;
pub mod node;
pub mod pki;
pub mod proto;
pub mod secrets;
pub mod talosconfig;
pub mod yaml;

pub use config::MachineConfig;
pub use secrets::SecretsBundle;
pub use talosconfig::TalosConfig;
