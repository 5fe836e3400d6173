//! `apply`: hands each machine its configuration (module `talos_apply_config`).
//!
//! A configuration holds every secret of the cluster, so a machine in maintenance gets it only when its public key is
//! pinned by `node_fingerprints`, or when the tree says `maintenance_trust = "first-use"`. A reply that got lost is no
//! failure: the machine is looked at again. What a machine runs already is not sent to it.

pub mod error;
pub mod inputs;
pub mod machine;
pub mod trust;
pub mod unit;

pub use error::ApplyError;
pub use inputs::Inputs;
pub use unit::ApplyConfig;
