//! The steps of a restore, each a gate with a pure judge.
//!
//! **No step believes an object that is not the one that was surveyed, by its UID, and silence proves nothing.**

mod claims;
mod classes;
mod data;
mod held;
mod idle;
mod image;
mod live;
mod nothing;
mod repository;
mod same;
mod secret;
mod synced;
mod written;

pub use claims::{ClaimsBound, again};
pub use classes::ClassesExist;
pub use data::DataRestored;
pub use held::SourceHeld;
pub use idle::{Idle, pause};
pub use image::ImageReady;
pub use live::VolSyncLive;
pub use repository::RepositoryReachable;
pub use same::SameImage;
pub use secret::SecretPresent;
pub use synced::Synced;
pub use written::{ClaimSight, ClaimWritten};
