//! Proxmox VE: a thin REST client, its tasks, and the model of a virtual machine.
//!
//! Facts are read from the servers' own sources: every plain failure is a 500, a missing machine included; whatever
//! takes time answers with a task ([`Upid`]) whose end is proven by a gate; readback is normalised by the server, so a
//! machine is compared by meaning ([`vm::differences`]) and its MAC addresses are pinned.

pub mod access;
pub mod answer;
pub mod client;
pub mod cluster;
pub mod error;
mod patience;
pub mod storage;
pub mod task;
pub mod trust;
pub mod upid;
pub mod vm;

pub use access::Credentials;
pub use client::Proxmox;
pub use cluster::{Guest, HostStatus, VersionInfo};
pub use error::ProxmoxError;
pub use storage::{Download, StorageStatus, VolumeId};
pub use task::{Exit, TaskGate, TaskState};
pub use trust::Trust;
pub use upid::Upid;
