//! Brings a lab up by hand, says where it is, and ends with Ctrl-C.

use std::process::ExitCode;

use clap::Parser;
use fluxlift_e2e::{Lab, LabError, Tools, releases, tools};

/// A real Kubernetes control plane in seconds, with real Flux controllers as processes.
#[derive(Debug, Parser)]
#[command(name = "lab")]
struct Arguments {
    /// How many HelmReleases the Git repository holds
    #[arg(long, default_value_t = 50)]
    releases: usize,
    /// Hold this controller between "Pod Ready" and its start until the lab ends (again for more)
    #[arg(long, value_name = "CONTROLLER")]
    hold: Vec<String>,
    /// Keep the folder with logs and data
    #[arg(long)]
    keep: bool,
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "this is the lab's terminal")]
fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let tools = Tools::of_environment(|name| std::env::var_os(name));
    let missing = tools.missing(&tools::CONTROL_PLANE);
    if !missing.is_empty() {
        eprintln!("missing: {}\nbuild them with `cargo xtask tools`", missing.join(", "));
        return ExitCode::FAILURE;
    }
    for name in tools.missing(&tools::FLUX) {
        eprintln!("without {name}: its Pods are only said to run");
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done =
        runtime.map_err(LabError::io("start a runtime")).and_then(|runtime| runtime.block_on(run(&arguments, &tools)));
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

#[expect(clippy::print_stdout, reason = "this is the lab's terminal")]
async fn run(arguments: &Arguments, tools: &Tools) -> Result<String, LabError> {
    let mut lab = tokio::select! {
        lab = Lab::start(tools) => lab?,
        _ = tokio::signal::ctrl_c() => return Ok("interrupted".to_owned()),
    };
    for component in &arguments.hold {
        lab.node.faults().hold(component);
    }
    let files = releases::files(arguments.releases, &lab.registry.tiny());
    lab.git.repository.commit(&files, "the releases").await?;
    println!("export KUBECONFIG={}", lab.kubeconfig().display());
    println!("# Git repository        {} (main, path {})", lab.git.url(), releases::PATH);
    println!("# flux-operator's chart {}", lab.registry.flux_operator());
    println!("# logs                  {}", lab.folder().display());
    println!("# Ctrl-C ends it");
    tokio::signal::ctrl_c().await.map_err(LabError::io("wait for Ctrl-C"))?;
    lab.control_plane.must_run()?;
    Ok(if arguments.keep { format!("kept {}", lab.keep().display()) } else { "ended".to_owned() })
}
