//! `doctor`: read-only checks of a cluster, before and after Flux is on it.

use std::sync::Arc;

use clap::Args;
use clap::builder::PossibleValuesParser;
use fluxlift_core::ErrorKind;
use fluxlift_flux::doctor::{NAMES, Report};
use fluxlift_net::TcpDial;

use super::outcome::printed;
use crate::args::Global;
use crate::doctor::examine;
use crate::reach::Reach;
use crate::run::{Setting, on_runtime};
use crate::system::System;
use crate::ui::{Failure, OutputFormat, note, print_document};

pub use super::doctor_text::render as text;

/// Check a cluster read-only, before and after Flux is on it: what is wrong, why it matters, what to do.
///
/// Exit code 0 says that no check found an error and that each could be made, 3 that something is wrong or not known.
/// What does not exist yet, such as the controllers before a bootstrap, is neither.
#[derive(Debug, Args)]
pub struct Doctor {
    #[command(flatten)]
    reach: Reach,
    /// Leave this check out; repeat it for more
    #[arg(long, value_name = "CHECK", value_parser = PossibleValuesParser::new(NAMES))]
    skip: Vec<String>,
}

pub(super) fn execute(args: &Doctor, global: &Global, system: &System) -> Result<u8, Failure> {
    on_runtime(async {
        let setting = Setting::real(system, "doctor");
        let (dial, clock) = (Arc::new(TcpDial::default()), Arc::clone(&setting.clock));
        let (kubeconfig, from) = args.reach.find(global, system, &setting).await?;
        if global.format == OutputFormat::Text {
            note("Cluster", &format!("{} ({from})", kubeconfig.server.to_string().trim_end_matches('/')));
        }
        let examined = examine(&kubeconfig, global, system, dial, clock).await;
        let report = Report::of(&examined.exam, &args.skip);
        printed(print_document(global.format, &report, || text(&report)))?;
        Ok(if report.summary.healthy { 0 } else { ErrorKind::NotProven.exit_code() })
    })
}
