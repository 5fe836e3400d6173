//! `validate`: every unit is evaluated, nothing is changed and nothing is asked of the network.

use clap::Args;
use fluxlift_config::{ConfigError, NoOutputs};
use serde_json::json;

use super::outcome::printed;
use crate::args::Global;
use crate::system::System;
use crate::tree::invalid;
use crate::ui::{Failure, print_document};
use crate::workspace::load;

/// Evaluate every unit without changing anything.
#[derive(Debug, Args)]
pub struct Validate {}

pub(super) fn execute(_: &Validate, global: &Global, system: &System) -> Result<u8, Failure> {
    let tree = load(&global.working_dir, system, "validate")?;
    let mut wrong = Vec::new();
    for path in tree.graph().order() {
        match tree.inputs(&path, "validate", &NoOutputs) {
            Ok(_) => {}
            // All that is wrong is told at once, and a fault in a shared file only once.
            Err(ConfigError::Invalid(diagnostics)) => {
                for diagnostic in diagnostics {
                    if !wrong.contains(&diagnostic) {
                        wrong.push(diagnostic);
                    }
                }
            }
            Err(other) => return Err(invalid(other)),
        }
    }
    if !wrong.is_empty() {
        return Err(Failure::at(wrong));
    }
    let units = tree.graph().order();
    let document = json!({ "valid": true, "units": units });
    printed(print_document(global.format, &document, || format!("{} units are valid.\n", units.len())))?;
    Ok(0)
}
