//! `config`: one machine configuration for each node (module `talos_config`).
//!
//! A pure function of its inputs: it touches nothing outside. What changes is told by node, never by value.

pub mod inputs;
pub mod outputs;
pub mod patches;
pub mod unit;

pub use inputs::Inputs;
pub use unit::Config;
