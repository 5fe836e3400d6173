//! `compute` against the simulated Proxmox.

mod devices;
mod lab;
mod life;
mod pending;
mod surplus;
