//! Tests of the whole crate, from the outside.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]

mod action;
mod archive;
mod chart;
mod cluster;
mod decide;
mod fetch;
mod memory;
mod release;
mod template;
mod yaml;
