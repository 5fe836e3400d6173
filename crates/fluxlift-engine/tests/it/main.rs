//! The engine's promises, with units that exist only in memory.

mod crash;
mod fake;
mod hooks;
mod journal;
mod lock;
mod plan;
mod schedule;
mod secrets;
mod shutdown;
mod state;
