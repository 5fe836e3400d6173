//! Tests of the whole crate, from the outside.

mod chart;
mod yaml;
