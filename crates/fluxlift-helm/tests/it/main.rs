//! Tests of the whole crate, from the outside.

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
