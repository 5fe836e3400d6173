//! Packs: many objects in one stream, some as differences from others.

pub mod delta;
pub mod read;
pub mod write;

pub use read::{Objects, read};
pub use write::write;
