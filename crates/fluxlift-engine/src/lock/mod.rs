//! One writer at a time, and a token that shows who is the last.
//!
//! The operating system's file lock decides; it is free again when its process is gone, however it went. Beside it lies
//! a record of the owner, for people, and the epoch: a number that grows with each owner. A run whose epoch is no longer
//! the greatest was fenced off and may not write.

mod error;
mod guard;
mod owner;

pub use error::LockError;
pub use guard::{Acquired, Fence, Lock, inspect, unlock};
pub use owner::{Claimant, Holder, Owner};
