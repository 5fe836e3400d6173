//! `sim`: serves a simulated datacenter, so that any client can be pointed at it.

use std::path::PathBuf;

use clap::Args;
use fluxlift_engine::Shutdown;
use serde_json::json;

use super::outcome::printed;
use crate::args::Global;
use crate::demo;
use crate::run::{hand_over_signals, on_runtime};
use crate::system::System;
use crate::ui::{Failure, OutputFormat, note, print_document};

/// Serve the simulated datacenter of a demo, or a new cluster, on loopback addresses, on the clock on the wall, until Ctrl-C. What became
/// of it is kept.
#[derive(Debug, Args)]
pub struct Sim {
    /// The folder of the demo
    #[arg(long, value_name = "DIR")]
    pub dir: PathBuf,
    /// First make a cluster of three nodes without Flux there, with its kubeconfig in the folder: something to try
    /// `bootstrap` on
    #[arg(long)]
    pub new_cluster: bool,
    /// Make it as `flux bootstrap` leaves one, everything delivered: something to try `migrate` on
    #[arg(long, requires = "new_cluster")]
    pub with_flux: bool,
}

pub(super) fn execute(args: &Sim, global: &Global, system: &System) -> Result<u8, Failure> {
    if args.new_cluster {
        let kubeconfig = demo::make_cluster(&args.dir, args.with_flux, global.seed.unwrap_or(1), system.now)?;
        let flux = if args.with_flux { "with" } else { "without" };
        note("Made", &format!("a cluster {flux} Flux; its kubeconfig is {}", kubeconfig.display()));
    }
    on_runtime(async {
        let shutdown = Shutdown::new();
        let signals = tokio::spawn(hand_over_signals(shutdown.clone()));
        let ready = |addresses: &[fluxlift_net::Authority]| {
            for address in addresses {
                note("Serving", &address.to_string());
            }
            // People have read it already; a program waits for the one document.
            if global.format != OutputFormat::Text {
                let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
                printed(print_document(global.format, &json!({ "serving": addresses }), String::new))?;
            }
            Ok(())
        };
        demo::serve(&args.dir, system.now, ready, shutdown.requested()).await?;
        signals.abort();
        Ok(0)
    })
}
