//! `resume`: goes on with the last run that did not succeed.

use std::path::PathBuf;

use clap::Args;

use super::bootstrap;
use super::bundle::OnFailure;
use super::outcome::{refused, show_report};
use crate::args::Global;
use crate::run::{Setting, on_runtime, watched};
use crate::system::System;
use crate::ui::Failure;
use crate::workspace::{Place, Workspace, place};

/// Go on with the last run that did not succeed, with its command and options. The world is observed anew: what the
/// journal says was done is believed only when it is seen.
#[derive(Debug, Args)]
pub struct Resume {
    /// Where the state of a run without a tree is kept; outside a tree, the last one if none is named
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// What is done when it fails.
    #[command(flatten)]
    pub on_failure: OnFailure,
}

pub(super) fn execute(args: &Resume, global: &Global, system: &System) -> Result<u8, Failure> {
    if let Place::Standalone(home) = place(global, system, args.state_dir.as_deref())? {
        return bootstrap::resume(&home, &args.on_failure, global, system);
    }
    let workspace = Workspace::resume(global, system)?;
    let report = on_runtime(async {
        let setting = Setting::real(system, "resume");
        let mut engine = setting.engine(&workspace);
        let report = watched(&mut engine, async |engine| engine.resume().await).await.map_err(refused)?;
        args.on_failure.after(&report, &workspace.home, global, system, &setting).await;
        Ok(report)
    })?;
    show_report(&report, global.format)
}
