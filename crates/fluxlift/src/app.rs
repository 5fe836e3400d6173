//! From arguments to an exit code.

use std::process::ExitCode;

use clap::Parser;
use fluxlift_core::ErrorKind;

use crate::args::Cli;
use crate::commands;
use crate::system::System;
use crate::ui::{Failure, report_failure};

/// Parses the arguments, runs the command, says what failed.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are asked for; everything else is a mistake in the command line.
            let code = if error.use_stderr() { ErrorKind::Usage.exit_code() } else { 0 };
            // With the terminal gone there is nobody left to tell.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    match execute(cli) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            report_failure(&failure);
            ExitCode::from(failure.exit_code())
        }
    }
}

fn execute(cli: Cli) -> Result<u8, Failure> {
    let system = System::look()?;
    commands::execute(cli, &system)
}
