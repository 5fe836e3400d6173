//! The command: builds what is missing, one tool after the other, and says how each of them stands.

use std::io::{ErrorKind, IsTerminal, Write};
use std::path::Path;
use std::time::Duration;

use super::build::{self, Made};
use super::cache::{Cache, Place};
use super::catalog::{Binary, Recipe};
use super::go::Go;
use super::pins::Pins;
use super::request::{self, Request, USAGE};
use super::{listing, view};

/// Answers `cargo xtask tools <arguments>`.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let request = Request::parse(arguments)?;
    if request == Request::Help {
        return answer(USAGE);
    }
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("xtask has no parent folder")?.join("e2e/tools");
    let cache = Cache::of_environment(|name| std::env::var_os(name))?;
    let missing = match &request {
        Request::Build { names, .. } => make(&tools, &cache, names),
        _ => Vec::new(),
    };
    let found = listing::take(&tools, &cache)?;
    let folder = view::folder(&cache, &found);
    view::refresh(&folder, &found)?;
    match request {
        Request::Path => answer(&format!("{}\n", folder.display()))?,
        Request::List { json: true } => answer(&format!("{:#}\n", listing::json(&folder, &found)))?,
        Request::List { json: false } => answer(&listing::text(&found))?,
        Request::Build { require, .. } => {
            line("Tools", &format!("are in {}", folder.display()));
            if !missing.is_empty() {
                line("Missing", &missing.join(", "));
            }
            if require && !missing.is_empty() {
                return Err(format!("{} of the tools asked for are missing", missing.len()));
            }
        }
        Request::Help => {}
    }
    Ok(())
}

/// Builds what `names` ask for and returns the names of those that are not there afterwards.
fn make(tools: &Path, cache: &Cache, names: &[String]) -> Vec<&'static str> {
    let go = Go::called("go");
    let mut missing = Vec::new();
    for (recipe, binary) in request::wanted(names) {
        let made = Pins::read(tools, recipe).and_then(|pins| {
            let shown = format!("{} {}", binary.name, pins.version);
            let held = Held::show(&shown);
            let made = build::ensure(cache, recipe, binary, &pins, &go);
            drop(held);
            made.map(|made| (shown, made))
        });
        match made {
            Ok((shown, made)) => line(verb(&made), &format!("{shown}{}", how(&made))),
            Err(reason) => {
                line("Missing", &reasoned(recipe, binary, &reason));
                missing.push(binary.name);
            }
        }
    }
    missing
}

fn verb(made: &Made) -> &'static str {
    match made {
        Made::Found(Place::Cached(_)) => "Cached",
        Made::Found(Place::Assets(_)) => "Found",
        Made::Built(_) => "Built",
    }
}

fn how(made: &Made) -> String {
    match made {
        Made::Found(Place::Cached(_)) => String::new(),
        Made::Found(place @ Place::Assets(_)) => format!(", or another version, in {}", listing::source(place)),
        Made::Built(time) => format!(" in {}", seconds(*time)),
    }
}

fn reasoned(recipe: &Recipe, binary: &Binary, reason: &str) -> String {
    let when = if recipe.on_demand { " (on demand)" } else { "" };
    format!("{}{when}: it cannot be built: {reason}", binary.name)
}

fn seconds(time: Duration) -> String {
    format!("{:.0} s", time.as_secs_f64())
}

/// Prints a result. A reader that has read enough is no error.
fn answer(text: &str) -> Result<(), String> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(format!("the answer cannot be printed: {e}")),
        _ => Ok(()),
    }
}

/// One line with its verb in twelve columns.
fn line(verb: &str, text: &str) {
    eprintln!("{verb:>12} {text}");
}

/// "Building …" on a terminal, taken back when it is dropped. Nothing elsewhere: a log wants finished lines.
struct Held(bool);

impl Held {
    fn show(what: &str) -> Self {
        let terminal = std::io::stderr().is_terminal();
        if terminal {
            eprint!("{:>12} {what}", "Building");
            // A terminal that is gone has nobody who looks.
            let _ = std::io::stderr().flush();
        }
        Self(terminal)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.0 {
            eprint!("\r\u{1b}[2K");
        }
    }
}
