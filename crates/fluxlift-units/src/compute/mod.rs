//! `compute`: the virtual machines, on Proxmox (module `cluster_core`).
//!
//! The tree says which machines there are; the world says which there are already, and is believed over the state. A
//! machine is recognised by its number, its name, our tags and its pinned MAC address; one that is not ours is never
//! touched. Creating is made durable as an intent before it is done. No guest agent is ever waited for: addresses are
//! static, so they are known.

pub mod apply;
pub mod destroy;
pub mod error;
pub mod gates;
pub mod image;
pub mod inputs;
pub mod outputs;
pub mod plan;
pub mod preflight;
pub mod privilege;
pub mod site;
pub mod surplus;
pub mod survey;
pub mod unit;
pub mod wish;

pub use error::ComputeError;
pub use inputs::Inputs;
pub use unit::Compute;
