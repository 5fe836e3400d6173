//! Tables, for people to read.

pub mod age;
pub mod builtin;
pub mod columns;
pub mod render;
pub mod workload;

pub use columns::Column;
pub use render::{Include, render};
