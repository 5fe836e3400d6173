//! The command line's words. Names follow Terragrunt where it has one.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use fluxlift_core::{Deadline, UnitPath};
use fluxlift_engine::RunOptions;

use crate::commands::{
    apply, bootstrap, bundle, completion, demo, destroy, doctor, graph, migrate, output, plan, preflight, report,
    rescue, restore, resume, sim, state, status, validate,
};
use crate::system::System;
use crate::ui::OutputFormat;

/// One binary from bare Proxmox machines to a converged Flux cluster.
///
/// fluxlift reads a Terragrunt tree, runs its units in order and proves every step in the system itself.
#[derive(Debug, Parser)]
#[command(name = "fluxlift", version, propagate_version = true, disable_help_subcommand = true)]
#[command(
    after_help = "Exit codes: 0 done, 1 error, 2 the plan has changes (with --detailed-exitcode), 3 a gate is not \
                        proven, 4 the lock is held, 5 interrupted and resumable, 64 usage."
)]
pub struct Cli {
    /// What holds for every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// The folder of a unit, or of a tree of units
    #[arg(long, global = true, value_name = "DIR", alias = "terragrunt-working-dir", env = "FLUXLIFT_WORKING_DIR")]
    #[arg(default_value = ".", hide_default_value = true)]
    pub working_dir: PathBuf,
    /// Never ask; take every confirmation as given
    #[arg(long, global = true, alias = "terragrunt-non-interactive", env = "FLUXLIFT_NON_INTERACTIVE")]
    pub non_interactive: bool,
    /// How results are written to stdout
    #[arg(
        short = 'o',
        long = "output-format",
        alias = "output",
        global = true,
        value_enum,
        value_name = "FORMAT",
        default_value_t
    )]
    pub format: OutputFormat,
    /// The seed of everything random in the run; the same seed gives the same run
    #[arg(long, global = true, value_name = "N", env = "FLUXLIFT_SEED")]
    pub seed: Option<u64>,
}

/// What fluxlift can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Do something to every unit of the tree, in the order of its edges
    RunAll {
        /// What to do.
        #[command(subcommand)]
        command: OverUnits,
    },
    /// The newer spelling: `run --all apply` is `run-all apply`
    Run {
        /// Every unit of the tree, not only the one in the working folder
        #[arg(long)]
        all: bool,
        /// What to do.
        #[command(subcommand)]
        command: OverUnits,
    },
    /// Say what an apply would do to the unit in the working folder, and why
    Plan(plan::Plan),
    /// Apply the unit in the working folder, and prove it
    Apply(apply::Apply),
    /// Take away what the unit in the working folder made
    Destroy(destroy::Destroy),
    /// Show the outputs of the unit in the working folder
    Output(output::Output),
    /// Bring Flux onto a cluster that exists already, without a tree
    Bootstrap(Box<bootstrap::Bootstrap>),
    /// Hand a Flux that `flux bootstrap` has installed over to flux-operator
    Migrate(Box<migrate::Migrate>),
    /// Show who needs whom
    Graph(graph::Graph),
    /// Evaluate every unit without changing anything
    Validate(validate::Validate),
    /// Check read-only that an apply can work: keys, tokens, addresses, Git, charts
    Preflight(preflight::Preflight),
    /// Go on with the last run that did not succeed
    Resume(resume::Resume),
    /// Show the proof ledger of a run
    Report(report::Report),
    /// Look at the state, or free its lock
    State(state::State),
    /// Show how the whole of Flux stands: what waits for what, for how long, and what helps
    Status(status::Status),
    /// Repair what waiting does not help: the least force first, and each act proven
    Rescue(rescue::Rescue),
    /// Check a cluster read-only, before and after Flux is on it: what is wrong, why it matters, what to do
    Doctor(doctor::Doctor),
    /// Write a support bundle: one archive without secrets, for somebody else to read
    Bundle(bundle::Bundle),
    /// Restore applications from their backups, and prove that data came back
    Restore(restore::Restore),
    /// Bootstrap a whole simulated cluster, from machines to releases
    Demo(demo::Demo),
    /// Serve a simulated datacenter on loopback addresses
    Sim(sim::Sim),
    /// Print a completion script for a shell
    Completion(completion::Completion),
}

/// What can be done to many units.
#[derive(Debug, Subcommand)]
pub enum OverUnits {
    /// Say what an apply would do, and why
    Plan(plan::Plan),
    /// Apply the units, and prove them
    Apply(apply::Apply),
    /// Take away what the units made, in reverse order
    Destroy(destroy::Destroy),
    /// Show the outputs
    Output(output::Output),
    /// Evaluate every unit without changing anything
    Validate(validate::Validate),
}

/// One unit or all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The unit in the working folder.
    One,
    /// Every unit in the working folder and below.
    All,
}

/// How a run is done.
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// How many units may run at a time
    #[arg(long, value_name = "N", default_value_t = 10, alias = "terragrunt-parallelism")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..))]
    pub parallelism: u16,
    /// After the first failure, start nothing more
    #[arg(long)]
    pub fail_fast: bool,
    /// Only this unit and all it needs; when destroying, all that needs it
    #[arg(long, value_name = "UNIT")]
    pub until: Option<UnitPath>,
    /// How long one unit may take, such as 90s or 1h30m
    #[arg(long, value_name = "DURATION", value_parser = deadline, default_value = "45m")]
    pub unit_deadline: Deadline,
}

impl RunArgs {
    /// The engine's options.
    pub fn options(&self, scope: Scope, global: &Global, system: &System) -> RunOptions {
        RunOptions {
            parallelism: self.parallelism.into(),
            fail_fast: self.fail_fast,
            until: self.until.clone(),
            only: (scope == Scope::One).then(this_folder),
            seed: global.seed.unwrap_or(system.seed),
            unit_deadline: self.unit_deadline,
        }
    }
}

/// A duration as people write it: `45s`, `10m`, `1h30m`.
///
/// # Errors
/// When it is not written like that, or negative.
pub fn duration(text: &str) -> Result<Duration, String> {
    let span: jiff::SignedDuration = text.parse().map_err(|_| "write it like 45s, 10m or 1h30m".to_owned())?;
    span.try_into().map_err(|_| "it must not be negative".to_owned())
}

/// The time between two looks.
///
/// # Errors
/// When it is none, or zero.
pub fn interval(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("there must be time between two looks".to_owned()),
        interval => Ok(interval),
    }
}

/// A duration in which something can be done.
///
/// # Errors
/// When it is none, or zero.
pub fn deadline(text: &str) -> Result<Deadline, String> {
    match duration(text)? {
        Duration::ZERO => Err("nothing can be done in no time".to_owned()),
        budget => Ok(Deadline::after(budget)),
    }
}

/// The unit in the working folder itself.
pub fn this_folder() -> UnitPath {
    match UnitPath::new(".") {
        Ok(path) => path,
        Err(error) => unreachable!("`.` is a unit path: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn durations_are_read_as_people_write_them() {
        assert_eq!(duration("20s"), Ok(Duration::from_secs(20)));
        assert_eq!(duration("1h30m"), Ok(Duration::from_secs(5400)));
        assert!(duration("soon").is_err() && duration("45").is_err() && duration("-3s").is_err());
        assert!(deadline("0s").is_err() && interval("0s").is_err());
    }

    #[test]
    fn both_spellings_and_terragrunts_names_are_understood() {
        for line in [
            "fluxlift run-all apply --terragrunt-working-dir x --terragrunt-non-interactive",
            "fluxlift run --all apply --working-dir x --non-interactive",
            "fluxlift --working-dir x --non-interactive run-all apply",
        ] {
            let cli = Cli::try_parse_from(line.split(' ')).unwrap();
            assert_eq!(cli.global.working_dir, PathBuf::from("x"));
            assert!(cli.global.non_interactive);
        }
    }
}
