//! `completion`: a script that completes the command line in a shell.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::outcome::printed;
use crate::args::Cli;
use crate::ui::{Failure, print_text};

/// Print a completion script for a shell.
#[derive(Debug, Args)]
pub struct Completion {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

pub(super) fn execute(args: &Completion) -> Result<u8, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "fluxlift", &mut script);
    printed(print_text(&String::from_utf8_lossy(&script)))?;
    Ok(0)
}
