//! YAML as Helm reads and writes it.
//!
//! Helm goes through `sigs.k8s.io/yaml`: values become JSON, and the JSON is written by go-yaml v2. What it quotes,
//! where it breaks a line and how it orders keys end up in manifests and in their checksums, so the writer here gives
//! the same bytes. The reader knows the booleans and octal numbers of YAML 1.1, as Kubernetes does.

mod emit;
pub mod number;
mod order;
mod read;
mod resolve;
mod scalar;
mod writer;

pub use emit::to_yaml;
pub use read::{YamlError, from_yaml};
