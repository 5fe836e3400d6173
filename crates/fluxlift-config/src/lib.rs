//! The live tree: HCL syntax, an evaluator with spans, units and their edges.
//!
//! A tree is a folder with `terragrunt.hcl` units. [`Tree::load`] finds the units, reads each file once, evaluates
//! what does not need another unit's outputs and builds the [`Graph`]; [`Tree::inputs`] evaluates one unit with the
//! outputs that an [`OutputSource`] knows. The same folder works with Terragrunt and evaluates to the same inputs.
//!
//! **The environment is injected**: variables, home folder, time and `run_cmd` come in through [`LoadOptions`]; only
//! files are read from the system. **Secrets keep their mark**: what `sops_decrypt_file` gives is
//! [`fluxlift_core::Value::Sensitive`], whatever is done to it, and no error ever repeats a value.

mod environment;
mod error;
mod eval;
mod functions;
mod graph;
pub mod sops;
mod syntax;
pub mod terraform;
mod tree;
mod yaml;

pub use environment::{CommandRunner, Environment, LoadOptions, NoCommands, SystemCommands};
pub use error::ConfigError;
pub use graph::{Graph, to_dot, to_json, to_text};
pub use tree::{
    Dependency, Edge, Evaluated, Exclude, ExtraArguments, Generate, Hook, HookMoment, ModuleRef, NoOutputs,
    OutputSource, RemoteState, Retry, Settings, SopsSettings, StateSettings, Tree, UnitFile,
};
