//! The engine's promises, with units that exist only in memory.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod crash;
mod fake;
mod hooks;
mod journal;
mod lock;
mod plan;
mod retry;
mod schedule;
mod secrets;
mod shutdown;
mod state;
