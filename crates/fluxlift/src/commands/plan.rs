//! `plan`: what an apply would do, and why.

use std::path::PathBuf;

use clap::Args;
use fluxlift_engine::Command;

use super::outcome::{refused, show_plan};
use crate::args::{Global, RunArgs, Scope};
use crate::run::{Setting, on_runtime, watched};
use crate::system::System;
use crate::ui::Failure;
use crate::workspace::Workspace;

/// Exit code of `--detailed-exitcode` when there are changes, as in Terraform.
const CHANGES: u8 = 2;

/// Say what an apply would do, and why.
#[derive(Debug, Args)]
pub struct Plan {
    /// Plan a destroy instead
    #[arg(long)]
    pub destroy: bool,
    /// Save the plan to a file, for `apply --plan`; it is bound to the state and to the inputs
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Exit with 2 when there are changes
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// How it is done.
    #[command(flatten)]
    pub run: RunArgs,
}

pub(super) fn execute(args: &Plan, scope: Scope, global: &Global, system: &System) -> Result<u8, Failure> {
    let command = if args.destroy { Command::Destroy } else { Command::Apply };
    let workspace = Workspace::open(global, system, "plan", scope)?;
    let options = args.run.options(scope, global, system);
    let plan = on_runtime(async {
        let setting = Setting::real(system, "plan");
        let mut engine = setting.engine(&workspace);
        watched(&mut engine, async |engine| engine.plan(command, &options).await).await.map_err(refused)
    })?;
    if let Some(path) = &args.out {
        let text = serde_json::to_vec_pretty(&plan).map_err(|e| Failure::because("the plan could not be saved", &e))?;
        std::fs::write(path, text)
            .map_err(|error| Failure::because(format!("the plan could not be saved to {}", path.display()), &error))?;
    }
    show_plan(&plan, global.format)?;
    Ok(if args.detailed_exitcode && plan.has_changes() { CHANGES } else { 0 })
}
