//! flux-operator: FluxInstance and FluxReport.

pub mod instance;
pub mod report;
mod takeover;
pub mod uninstall;

pub use instance::{Step, go_on, reconcile};
