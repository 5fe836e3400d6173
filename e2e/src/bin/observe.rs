//! The observer: writes down all that etcd tells, and judges nothing.

use std::fs::File;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use fluxlift_e2e::LabError;
use fluxlift_e2e::observer::observe;

/// Follows every revision of every object in etcd, and writes each to a file, as a line of JSON.
#[derive(Debug, Parser)]
#[command(name = "observe")]
struct Arguments {
    /// Where etcd answers
    etcd: SocketAddr,
    /// The file
    record: PathBuf,
}

#[expect(clippy::print_stderr, reason = "its log")]
fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let observed = File::options()
        .append(true)
        .create(true)
        .open(&arguments.record)
        .map_err(LabError::io(format!("open {}", arguments.record.display())))
        .and_then(|record| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.map_err(LabError::io("start a runtime"))?.block_on(observe(arguments.etcd, record))
        });
    match observed {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}", error.chain());
            ExitCode::FAILURE
        }
    }
}
