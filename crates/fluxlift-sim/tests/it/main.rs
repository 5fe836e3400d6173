//! The simulated datacenter, seen by clients.

mod git;
mod pki;
mod proxmox;
mod talos;
