//! `compute` against the simulated Proxmox.

mod lab;
mod life;
mod pending;
mod surplus;
