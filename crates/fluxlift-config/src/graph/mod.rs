//! Who needs whom, and in which order units run.

mod order;
mod render;

pub use order::Graph;
pub use render::{to_dot, to_json, to_text};
