//! Why the Terraform side of a migration is refused.

use std::path::PathBuf;

use fluxlift_core::{Explain, Hint};
use thiserror::Error;

use crate::error::ConfigError;

/// Terraform code or state that can't be worked with, or that would take Flux down.
#[derive(Debug, Error)]
pub enum TerraformError {
    /// A `.tf` file is not HCL.
    #[error("a Terraform file cannot be read")]
    Syntax(#[from] ConfigError),
    /// The state is not one of Terraform or OpenTofu.
    #[error("{} is no state of Terraform in version 4", .path.display())]
    NotAState {
        /// The file.
        path: PathBuf,
    },
    /// The block is gone from the code, and the resource is still in the state.
    #[error(
        "{} is still in the state, and no block in the code has it any more: the next apply deletes the Flux controllers, \
         their definitions with every HelmRelease, and the namespace", .addresses.join(", ")
    )]
    BlockRemoved {
        /// The resources.
        addresses: Vec<String>,
        /// What takes them out of the state.
        commands: Vec<String>,
    },
}

impl Explain for TerraformError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Syntax(error) => error.hints(),
            Self::NotAState { .. } => vec![Hint::new("make one with `terraform state pull > state.json`")],
            Self::BlockRemoved { commands, .. } => {
                commands.iter().map(|command| Hint::new(format!("run `{command}` before any apply"))).collect()
            }
        }
    }
}
