//! `compute` against the simulated Proxmox.

mod devices;
mod lab;
mod life;
mod passing;
mod pending;
mod surplus;
