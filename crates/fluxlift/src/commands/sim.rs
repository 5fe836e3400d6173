//! `sim`: serves a simulated datacenter, so that any client can be pointed at it.

use std::path::PathBuf;

use clap::Args;
use fluxlift_core::ErrorKind;

use crate::args::Global;
use crate::system::System;
use crate::ui::Failure;

/// Serve a simulated datacenter on loopback addresses, on the clock on the wall, until Ctrl-C.
#[derive(Debug, Args)]
pub struct Sim {
    /// The folder of a demo, whose world goes on; without it, an empty datacenter
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

pub(super) fn execute(_: &Sim, _: &Global, _: &System) -> Result<u8, Failure> {
    Err(Failure::new(ErrorKind::Failed, "this build has no simulated datacenter to serve"))
}
