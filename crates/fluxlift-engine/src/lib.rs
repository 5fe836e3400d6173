//! Plan, graph, scheduler, journal, state and lock.
//!
//! **The engine knows no Kubernetes, Talos or Proxmox.** It sees the [`unit::Unit`] trait.

pub mod unit;
