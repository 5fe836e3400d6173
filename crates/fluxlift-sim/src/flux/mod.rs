//! Models of flux-operator and of the Flux controllers, which reproduce the race as it is.
//!
//! The rule of it all: nothing is observed before a controller's process is leader with synced caches
//! ([`Options::cache_sync`](crate::Options)), and `observedGeneration` stays at -1 until its first pass that ends. Each
//! model makes the passes of the real controller, in their order and with their conditions.

pub mod component;
pub mod definitions;
pub mod download;
pub mod faults;
pub mod health;
pub mod helm;
pub mod history;
pub mod image;
pub mod inventory;
pub mod kinds;
pub mod kustomize;
pub mod manifests;
pub mod notification;
pub mod operator;
pub mod patches;
pub mod profile;
pub mod source;
pub mod stages;
pub mod state;
pub mod storage;
pub mod token;

pub use faults::{Faults, PathFault};
pub use profile::{Distribution, Profile};
pub use state::Flux;
