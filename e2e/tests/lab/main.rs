//! fluxlift, judged by real programs.
//!
//! Every test has a lab of its own, one after the other. What this machine cannot carry is reported as ignored, with the
//! reason: never as passed.

mod bench;
mod blind;
mod bootstrap;
mod crash;
mod destroy;
mod laws;
mod leaders;
mod paths;
mod proofs;
mod race;
mod rivals;
mod sharded;
mod stage;
mod steady;
mod upgrade;

use libtest_mimic::Arguments;

fn main() {
    let mut arguments = Arguments::from_args();
    // A lab is six to ten programs: two at once would measure each other.
    arguments.test_threads = Some(1);
    let cases: [&'static [bench::Case]; 11] = [
        &bootstrap::CASES,
        &race::CASES,
        &steady::CASES,
        &upgrade::CASES,
        &leaders::CASES,
        &sharded::CASES,
        &paths::CASES,
        &blind::CASES,
        &crash::CASES,
        &rivals::CASES,
        &destroy::CASES,
    ];
    libtest_mimic::run(&arguments, bench::trials(&cases)).exit();
}
