//! fluxlift, judged by real programs.
//!
//! Every test has a lab of its own, one after the other. What this machine cannot carry is reported as ignored, with the
//! reason: never as passed.

mod bench;
mod bootstrap;
mod laws;
mod race;
mod stage;

use libtest_mimic::Arguments;

fn main() {
    let mut arguments = Arguments::from_args();
    // A lab is six to ten programs: two at once would measure each other.
    arguments.test_threads = Some(1);
    libtest_mimic::run(&arguments, bench::trials(&[&bootstrap::CASES, &race::CASES])).exit();
}
