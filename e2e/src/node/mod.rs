//! The node: registers itself, runs the Pods that are bound to it, and stands in for the cluster's network.
//!
//! A Pod of `flux-system` whose image is a program that the lab has runs as a host process: with its own ServiceAccount,
//! host name, loopback address and view of names. Its real probes decide whether it is Ready; what ends is started again;
//! what is deleted is stopped. Pods of other namespaces are said to run, and that is all.

mod agent;
mod container;
mod files;
mod pod;
mod probe;
mod registration;
mod running;
mod services;
mod site;
mod start;
mod status;

pub use agent::Node;
pub use running::Controller;
pub(crate) use site::Site;

/// The node's name.
pub const NAME: &str = "lab";
/// The namespace whose Pods are real.
pub const NAMESPACE: &str = "flux-system";
