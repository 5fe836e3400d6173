//! Proxmox VE: a cluster of three hosts behind one REST endpoint.
//!
//! Its manners are those of the real servers' sources: every plain failure is a 500, a missing machine included; what
//! takes time answers with a task that is not listed for a moment; readback is normalised; a setting of a running
//! machine may stay pending. A machine that is switched on is handed to [`crate::World::power`].

pub mod api;
pub mod auth;
pub mod certificate;
pub mod cluster;
pub mod config;
pub mod fault;
pub mod guest;
pub mod property;
pub mod reply;
pub mod schema;
pub mod serve;
pub mod task;

pub use cluster::{Cluster, HOST, PORT};
pub use fault::{Fault, Target};
pub use task::TaskEnd;
