//! `demo`: a whole bootstrap against the simulated datacenter.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use serde::Deserialize;

use super::outcome::{printed, show_failures};
use crate::args::{Global, duration};
use crate::bootstrap::{FLUX_VERSION, OPERATOR_VERSION};
use crate::demo::{self, CHART, Gitops, REPOSITORY};
use crate::run::Pace;
use crate::scenario::{Viewer, library, play};
use crate::system::System;
use crate::ui::{Failure, note, print_document};

/// Bootstrap a whole simulated cluster: six machines, Talos, Kubernetes, Flux and 50 releases.
///
/// The tree that it writes is a normal one; `fluxlift sim --dir` serves what became of it.
#[derive(Debug, Args)]
pub struct Demo {
    /// Where the tree and the world are written; a temporary folder if none is named
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// In which order Flux is installed
    #[arg(long, value_enum, default_value_t)]
    pub strategy: Strategy,
    /// How long a Flux controller's caches take to sync, such as 20s
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "5s")]
    pub cache_sync: Duration,
    /// Which versions of Flux run
    #[arg(long, value_enum, default_value_t)]
    pub flux_profile: FluxProfile,
    /// On which clock
    #[arg(long, value_enum, default_value_t)]
    pub time: Time,
    /// Go on watching for so long after the strategy said done, such as 10m
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub observe_for: Option<Duration>,
    /// Instead, play a failure of a real cluster, and see how it ends now
    #[arg(
        long,
        value_name = "NAME",
        value_parser = PossibleValuesParser::new(library::names()),
        conflicts_with_all = ["strategy", "cache_sync", "flux_profile", "time", "observe_for"]
    )]
    pub scenario: Option<String>,
}

/// In which order Flux is installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// Every step proven: controllers first, canaries, then the sync.
    #[default]
    Gated,
    /// Controllers and sync at once; done when the Deployments are Available.
    Naive,
    /// Sync in the instance, controllers Available, then 45 seconds of sleep.
    Sleep,
}

impl Strategy {
    /// What it means to the units, and its word in the outcome.
    pub(crate) const fn meaning(self) -> (fluxlift_flux::Strategy, &'static str) {
        match self {
            Self::Gated => (fluxlift_flux::Strategy::Gated, "gated"),
            Self::Naive => (fluxlift_flux::Strategy::Naive, "naive"),
            Self::Sleep => (fluxlift_flux::Strategy::REQUESTED_SLEEP, "sleep"),
        }
    }
}

/// Which versions of Flux run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum FluxProfile {
    /// Flux 2.4.0 with operator 0.14.0.
    #[value(name = "2.4")]
    V2_4,
    /// Flux 2.9.4 with operator 0.58.1.
    #[default]
    #[value(name = "2.9")]
    V2_9,
}

impl FluxProfile {
    /// The versions of Flux and of its operator.
    const fn versions(self) -> (&'static str, &'static str) {
        match self {
            Self::V2_4 => ("2.4.0", "0.14.0"),
            Self::V2_9 => (FLUX_VERSION, OPERATOR_VERSION),
        }
    }
}

/// On which clock a demo runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Time {
    /// A clock that jumps over every wait: half an hour takes seconds.
    #[default]
    Virtual,
    /// The clock on the wall.
    Real,
}

impl Time {
    const fn pace(self) -> Pace {
        match self {
            Self::Virtual => Pace::Virtual,
            Self::Real => Pace::Real,
        }
    }
}

/// The seed of a demo that was given none: everybody sees the same one. Most of a demo's time goes into an RSA key, and with
/// this seed its primes are found early.
const SEED: u64 = 197;

pub(super) fn execute(args: &Demo, global: &Global, system: &System) -> Result<u8, Failure> {
    if let Some(name) = &args.scenario {
        return play_scenario(args, name, global, system);
    }
    let (flux, operator) = args.flux_profile.versions();
    let (strategy, strategy_name) = args.strategy.meaning();
    let demo = demo::Demo {
        dir: args.dir.clone().unwrap_or_else(|| system.scratch("fluxlift-demo")),
        seed: global.seed.unwrap_or(SEED),
        strategy,
        strategy_name: strategy_name.to_owned(),
        cache_sync: args.cache_sync,
        gitops: Gitops {
            repository: REPOSITORY.to_owned(),
            chart: CHART.to_owned(),
            operator_version: operator.to_owned(),
            flux_version: flux.to_owned(),
        },
        pace: args.time.pace(),
        observe_for: args.observe_for,
    };
    let outcome = demo.run(system)?;
    show_failures(&outcome.report);
    printed(print_document(global.format, &outcome.to_json(), || outcome.render()))?;
    note("Kept", &format!("the tree is in {}; serve it with `fluxlift sim --dir {0}`", demo.dir.display()));
    Ok(outcome.exit_code())
}

fn play_scenario(args: &Demo, name: &str, global: &Global, system: &System) -> Result<u8, Failure> {
    let folder = args.dir.clone().unwrap_or_else(|| system.scratch("fluxlift-scenario"));
    std::fs::create_dir_all(&folder)
        .map_err(|error| Failure::because(format!("{} cannot be made", folder.display()), &error))?;
    let played = play(name, &folder, global.seed.unwrap_or(SEED), system, Viewer::Person)?;
    printed(print_document(global.format, &played, || played.render()))?;
    Ok(played.exit_code())
}
