//! Measures three ways of bringing up Flux on the lab, in turn, and prints one table.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a developer's tool talks to the terminal it runs in")]

mod delays;
mod follow;
mod orders;
mod run;
mod table;
mod weigh;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use fluxlift_e2e::{LabError, Tools, product, tools};

use orders::Order;
use run::Run;

/// `fluxlift bootstrap`, the naive order and the request's flow with its sleep, against real programs, in turn.
#[derive(Debug, Parser)]
#[command(name = "measure")]
struct Arguments {
    /// How many runs of each
    #[arg(long, default_value_t = 10)]
    runs: usize,
    /// Only these, separated by commas
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Order::ALL)]
    only: Vec<Order>,
    /// The fluxlift to measure; that of this checkout, built for debugging, if none is named
    #[arg(long, env = "FLUXLIFT_BIN", value_name = "FILE")]
    fluxlift: Option<PathBuf>,
    /// Tell every gate of every run, with the delay of each
    #[arg(long)]
    gates: bool,
    #[command(subcommand)]
    inner: Option<Inner>,
}

#[derive(Debug, Subcommand)]
enum Inner {
    /// Runs a program and writes down what it used.
    #[command(hide = true)]
    Weigh {
        /// Where.
        into: PathBuf,
        /// The program and its arguments.
        #[arg(last = true, required = true)]
        command: Vec<String>,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(Inner::Weigh { into, command }) = &arguments.inner {
        return weigh::run(into, command);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done =
        runtime.map_err(LabError::io("start a runtime")).and_then(|runtime| runtime.block_on(measure(&arguments)));
    match done {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{}", error.chain());
            ExitCode::FAILURE
        }
    }
}

async fn measure(arguments: &Arguments) -> Result<String, LabError> {
    let tools = Tools::of_environment(|name| std::env::var_os(name));
    let missing = tools.missing(&[&tools::FLUX[..], &orders::BY_HAND].concat());
    if !missing.is_empty() {
        return Err(LabError::Unexpected(format!("missing: {}; see cargo xtask tools", missing.join(", "))));
    }
    let fluxlift = match &arguments.fluxlift {
        Some(named) => named.clone(),
        None => product::build(Path::new("cargo")).map_err(LabError::Unexpected)?,
    };
    let fluxlift = fluxlift.canonicalize().map_err(LabError::io(format!("find {}", fluxlift.display())))?;
    let mut runs: Vec<Run> = Vec::new();
    for turn in 1..=arguments.runs {
        for order in &arguments.only {
            let run = tokio::select! {
                run = run::once(*order, &tools, &fluxlift) => run?,
                _ = tokio::signal::ctrl_c() => return Err(LabError::Unexpected("interrupted".to_owned())),
            };
            eprintln!("{turn}/{}  {run}", arguments.runs);
            if arguments.gates {
                run.bootstrap.iter().for_each(|bootstrap| eprint!("{}", bootstrap.delays));
            }
            runs.push(run);
        }
    }
    Ok(table::of(&runs))
}
