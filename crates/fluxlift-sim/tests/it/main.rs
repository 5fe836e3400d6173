//! The simulated datacenter, seen by clients.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod agenda;
mod controllers;
mod flux;
mod git;
mod kopiur;
mod kube;
mod pki;
mod proxmox;
mod referee;
mod registry;
mod save;
mod talos;
mod volsync;
