//! fluxlift, judged by real programs.
//!
//! Every test but those that hold recordings against the simulation has a lab of its own, and three run side by side. What
//! this machine cannot carry is reported as ignored, with the reason: never as passed.

mod bench;
mod blind;
mod bootstrap;
mod crash;
mod destroy;
mod flux_likeness;
mod images;
mod leaders;
mod likeness;
mod migrate;
mod newcomer;
mod outages;
mod paths;
mod race;
mod rendering;
mod rescue;
mod rivals;
mod scenarios;
mod sharded;
mod stage;
mod steady;
mod talosctl;
mod terragrunt;
mod upgrade;

use libtest_mimic::Arguments;

/// How many cases run at the same time, unless `--test-threads` says otherwise.
const LANES: usize = 3;

fn main() {
    let mut arguments = Arguments::from_args();
    // A lab is six to ten programs, which mostly wait for deadlines: three keep two cores busy, more would slow each other.
    arguments.test_threads.get_or_insert(LANES);
    // Those that mostly wait, for paths and for controllers that only look well, come beside those that work; the longest
    // do not come last, when nothing is left to run beside them.
    let cases: [&'static [bench::Case]; 21] = [
        &paths::CASES,
        &bootstrap::CASES,
        &newcomer::CASES,
        &race::CASES,
        &blind::CASES,
        &flux_likeness::CASES,
        &outages::CASES,
        &scenarios::CASES,
        &steady::CASES,
        &rescue::CASES,
        &migrate::CASES,
        &upgrade::CASES,
        &leaders::CASES,
        &images::CASES,
        &crash::CASES,
        &sharded::CASES,
        &rivals::CASES,
        &terragrunt::CASES,
        &rendering::CASES,
        &talosctl::CASES,
        &destroy::CASES,
    ];
    let mut trials = bench::trials(&cases);
    trials.push(scenarios::named(&cases));
    trials.push(likeness::trial());
    trials.push(flux_likeness::without_a_lab());
    libtest_mimic::run(&arguments, trials).exit();
}
