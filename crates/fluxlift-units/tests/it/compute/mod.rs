//! `compute` against the simulated Proxmox.

mod lab;
mod life;
mod surplus;
