//! The simulated datacenter: Proxmox, Talos, Kubernetes, Flux, VolSync and kopiur.
//!
//! All of it is one data structure, the [`World`]: state, a seeded random generator and an agenda of what will happen
//! when. Requests from the wire are handled against it at one instant; between requests the agenda moves it on. So a
//! world can be cloned at any moment and another run continued from the clone, saved as JSON and served later, and the
//! same seed gives the same run.
//!
//! [`Datacenter`] is a running world; [`Net`] dials into it in memory; [`serve`](serve::on_loopback) puts it on loopback
//! addresses.

pub mod agenda;
pub mod controllers;
pub mod datacenter;
pub mod flux;
pub mod git;
pub mod kopiur;
pub mod kube;
pub mod machine;
pub mod names;
pub mod net;
pub mod options;
pub mod proxmox;
pub mod referee;
pub mod registry;
pub mod route;
pub mod save;
pub mod serve;
pub mod talos;
pub mod volsync;
pub mod world;

pub use agenda::{Agenda, Wake};
pub use datacenter::Datacenter;
pub use net::Net;
pub use options::Options;
pub use route::Route;
pub use world::World;
