//! Tests of the whole crate, from the outside.

mod archive;
mod chart;
mod fetch;
mod memory;
mod template;
mod yaml;
