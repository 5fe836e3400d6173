//! The tree loader as the engine uses it.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod errors;
mod functions;
mod gitops;
mod layers;
mod reference;
mod support;
mod surroundings;
mod terraform;
mod units;
