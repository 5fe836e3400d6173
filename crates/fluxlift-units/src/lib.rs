//! The seven native units.
//!
//! Each module is a unit of the tree: it reads its inputs, observes the world through the library of its system, makes
//! the difference and proves it. What a unit may use of the outside comes in as [`Outside`].

pub mod apply;
pub mod bootstrap;
pub mod cluster_access;
pub mod cluster_check;
pub mod compute;
pub mod config;
pub mod difference;
pub mod flux_instance;
pub mod flux_operator;
mod intent;
pub mod kubeconfig_files;
pub mod outside;
pub mod registry;
mod reserved;
pub mod secrets;
pub mod talos_access;

pub use outside::Outside;
pub use registry::NativeModules;
