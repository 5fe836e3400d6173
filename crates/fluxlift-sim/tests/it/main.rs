//! The simulated datacenter, seen by clients.

mod git;
mod kube;
mod pki;
mod proxmox;
mod talos;
