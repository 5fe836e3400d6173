//! `resume`: goes on with the last run that did not succeed.

use clap::Args;

use super::outcome::{refused, show_report};
use crate::args::Global;
use crate::run::{Setting, on_runtime, watched};
use crate::system::System;
use crate::ui::Failure;
use crate::workspace::Workspace;

/// Go on with the last run that did not succeed, with its command and options. The world is observed anew: what the
/// journal says was done is believed only when it is seen.
#[derive(Debug, Args)]
pub struct Resume {}

pub(super) fn execute(_: &Resume, global: &Global, system: &System) -> Result<u8, Failure> {
    let workspace = Workspace::resume(global, system)?;
    let report = on_runtime(async {
        let setting = Setting::real(system, "resume");
        let mut engine = setting.engine(&workspace);
        watched(&mut engine, async |engine| engine.resume().await).await.map_err(refused)
    })?;
    show_report(&report, global.format)
}
