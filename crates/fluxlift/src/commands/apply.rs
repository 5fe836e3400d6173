//! `apply`: makes it so, and proves it.

use std::path::{Path, PathBuf};

use clap::Args;
use fluxlift_core::ErrorKind;
use fluxlift_engine::{Command, Engine, Plan, RunOptions};

use super::bundle::OnFailure;
use super::outcome::{plan_text, refused, show_report};
use super::standalone;
use crate::args::{Global, RunArgs, Scope};
use crate::run::{Setting, on_runtime, watched};
use crate::system::System;
use crate::ui::{Failure, ask, is_interactive, progress};
use crate::workspace::Workspace;

/// Apply units, and prove them.
///
/// At a terminal the plan is shown and confirmed first. Elsewhere, as in Terragrunt's `run-all`, nothing is asked.
#[derive(Debug, Args)]
pub struct Apply {
    /// Do not ask
    #[arg(long)]
    pub auto_approve: bool,
    /// Apply exactly this saved plan
    #[arg(long, value_name = "FILE", conflicts_with = "native")]
    pub plan: Option<PathBuf>,
    /// Run one native module without a tree, with the inputs in FLUXLIFT_INPUTS (JSON)
    #[arg(long, value_name = "MODULE")]
    pub native: Option<String>,
    /// With --native: where its state is kept
    #[arg(long, value_name = "DIR", requires = "native")]
    pub state_dir: Option<PathBuf>,
    /// How it is done.
    #[command(flatten)]
    pub run: RunArgs,
    /// What is done when it fails.
    #[command(flatten)]
    pub on_failure: OnFailure,
}

pub(super) fn execute(args: &Apply, scope: Scope, global: &Global, system: &System) -> Result<u8, Failure> {
    let options = args.run.options(scope, global, system);
    if let Some(module) = &args.native {
        return standalone::execute(module, args.state_dir.as_deref(), Command::Apply, options, global, system);
    }
    let workspace = Workspace::open(global, system, "apply", scope)?;
    let plan = args.plan.as_deref().map(read).transpose()?;
    let report = on_runtime(async {
        let setting = Setting::real(system, if scope == Scope::All { "run-all apply" } else { "apply" });
        let mut engine = setting.engine(&workspace);
        let asked = plan.is_none() && !args.auto_approve && !global.non_interactive && is_interactive();
        if asked && !confirmed(&mut engine, &options).await? {
            return Err(Failure::new(ErrorKind::Failed, "the apply was not confirmed"));
        }
        let run = async |engine: &Engine<'_>| engine.run(Command::Apply, options, plan.as_ref()).await;
        let report = watched(&mut engine, run).await.map_err(refused)?;
        args.on_failure.after(&report, &workspace.home, global, system, &setting).await;
        Ok(report)
    })?;
    show_report(&report, global.format)
}

async fn confirmed(engine: &mut Engine<'_>, options: &RunOptions) -> Result<bool, Failure> {
    let planned = watched(engine, async |engine| engine.plan(Command::Apply, options).await).await;
    let plan = planned.map_err(refused)?;
    progress(&plan_text(&plan));
    Ok(!plan.has_changes() || ask("Apply these changes?"))
}

fn read(path: &Path) -> Result<Plan, Failure> {
    let bytes = std::fs::read(path)
        .map_err(|error| Failure::because(format!("the plan {} could not be read", path.display()), &error))?;
    let plan: Plan = serde_json::from_slice(&bytes)
        .map_err(|error| Failure::because(format!("{} is not a saved plan", path.display()), &error))?;
    if plan.command != Command::Apply {
        return Err(Failure::new(ErrorKind::Failed, format!("{} is a plan for a {}", path.display(), plan.command))
            .with_hint("plan without --destroy, or use `fluxlift destroy`"));
    }
    Ok(plan)
}
