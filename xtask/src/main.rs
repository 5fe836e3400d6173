//! Tools of the house: tidy checks, measurements, the README's picture, the lab's programs.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a developer's tool talks to the terminal it runs in")]

mod bench;
mod crowd;
mod picture;
mod tidy;
mod tools;

use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask <command>

Commands:
  bench     measures what docs/performance.md reports, with a release build; `bench status <program>` only what a
            status of ten thousand releases takes
  picture   draws docs/run.svg from a real run of the demo, of a binary if one is named
  tidy      checks the invariants of ARCHITECTURE.md
  tools     builds the real programs of the lab; --help says more
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.first().map(String::as_str) {
        Some("bench") if arguments.get(1).is_some_and(|what| what == "status") => {
            bench::status(arguments.get(2).map(String::as_str))
        }
        Some("bench") => bench::run(),
        Some("picture") => picture::run(arguments.get(1).map(String::as_str)),
        Some("tidy") => tidy::run(),
        Some("tools") => tools::run(&arguments[1..]),
        _ => Err(USAGE.to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
