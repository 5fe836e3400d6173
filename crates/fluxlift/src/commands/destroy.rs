//! `destroy`: takes away what units made, against the direction of the edges.

use std::path::PathBuf;

use clap::Args;
use fluxlift_core::ErrorKind;
use fluxlift_engine::{Command, Engine, Home, RunOptions};

use super::bootstrap;
use super::outcome::{plan_text, refused, show_report};
use super::standalone;
use crate::args::{Global, RunArgs, Scope};
use crate::run::{Setting, on_runtime, watched};
use crate::system::System;
use crate::ui::{Failure, ask, is_interactive, progress};
use crate::workspace::Workspace;

/// Take away what units made, in reverse order. Always asks, unless it is told not to.
#[derive(Debug, Args)]
pub struct Destroy {
    /// Do not ask
    #[arg(long)]
    pub auto_approve: bool,
    /// Run one native module without a tree, with the inputs in FLUXLIFT_INPUTS (JSON)
    #[arg(long, value_name = "MODULE")]
    pub native: Option<String>,
    /// Where the state of --native is kept; without --native, take away what the bootstrap with its state there made
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// How it is done.
    #[command(flatten)]
    pub run: RunArgs,
}

pub(super) fn execute(args: &Destroy, scope: Scope, global: &Global, system: &System) -> Result<u8, Failure> {
    let approved = args.auto_approve || global.non_interactive;
    if !approved && !is_interactive() {
        return Err(Failure::new(
            ErrorKind::Usage,
            "destroy asks before it takes anything away, and there is nobody to ask",
        )
        .with_hint("add --non-interactive or --auto-approve"));
    }
    let options = args.run.options(scope, global, system);
    if let Some(module) = &args.native {
        return standalone::execute(module, args.state_dir.as_deref(), Command::Destroy, options, global, system);
    }
    if let Some(folder) = &args.state_dir {
        return bootstrap::destroy(&Home::at(folder), options, approved, global, system);
    }
    let workspace = Workspace::open(global, system, "destroy", scope)?;
    let report = on_runtime(async {
        let setting = Setting::real(system, if scope == Scope::All { "run-all destroy" } else { "destroy" });
        let mut engine = setting.engine(&workspace);
        if !approved && !confirmed(&mut engine, &options).await? {
            return Err(Failure::new(ErrorKind::Failed, "the destroy was not confirmed"));
        }
        let run = async |engine: &Engine<'_>| engine.run(Command::Destroy, options, None).await;
        watched(&mut engine, run).await.map_err(refused)
    })?;
    show_report(&report, global.format)
}

async fn confirmed(engine: &mut Engine<'_>, options: &RunOptions) -> Result<bool, Failure> {
    let plan = engine.plan(Command::Destroy, options).await.map_err(refused)?;
    progress(&plan_text(&plan));
    Ok(!plan.has_changes() || ask("Destroy these units?"))
}
