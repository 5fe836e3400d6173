//! `flux-operator`: the operator that installs Flux (module `flux_operator`), phase 1.
//!
//! Its Helm chart is fetched, rendered and installed natively, with Helm's own release storage. Done means proven: the
//! Deployment rolled out, every definition that the chart renders Established, and a report written by the new leader.

pub mod bringup;
pub mod destroy;
pub mod inputs;
pub mod release_cluster;
pub mod unit;

pub use inputs::Inputs;
pub use unit::FluxOperator;
