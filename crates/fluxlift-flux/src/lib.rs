//! FluxInstance, canaries, the delivered set, diagnosis and rescue.
//!
//! The race that this crate removes: objects of Flux that exist before the controller that handles them has leadership,
//! synced caches and a live worker. So the controllers come first ([`instance`] without a sync), then the proof that
//! each of them works ([`canary`]), and only then the sync. What follows is proven to the last object ([`delivery`]).
//!
//! **No status is believed without its generation, no canary without its UID and its token.**

pub mod annotation;
pub mod canary;
pub mod component;
pub mod controllers;
mod definition;
pub mod delivery;
pub mod diagnosis;
pub mod doctor;
pub mod draw;
pub mod gates;
pub mod instance;
pub mod inventory;
pub mod kinds;
pub mod leftover;
pub mod migration;
pub mod ready;
pub mod report;
pub mod rescue;
pub mod restore;
pub mod status;
pub mod strategy;
pub mod sync;

pub use canary::{CanaryError, CanaryRun};
pub use component::Component;
pub use controllers::Controllers;
pub use delivery::{Delivered, Delivery};
pub use instance::Instance;
pub use strategy::Strategy;
pub use sync::{Sync, SyncError};
