//! Ordered YAML trees: what machine configurations are made of.
//!
//! A [`Node`] keeps the order of its keys, so that a document reads the way it was generated and patched, and the same
//! input always gives the same text. The text has Talos's own layout: four spaces, lists indented.

mod emit;
mod node;
mod read;

pub use node::Node;
pub use read::YamlError;
