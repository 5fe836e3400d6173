//! The simulated datacenter, seen by clients.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod flux;
mod git;
mod kopiur;
mod kube;
mod pki;
mod proxmox;
mod talos;
mod volsync;
