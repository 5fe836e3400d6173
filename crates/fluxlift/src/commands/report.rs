//! `report`: the proof ledger of a run.

use std::path::PathBuf;

use clap::Args;
use fluxlift_core::deadline::human_duration;
use fluxlift_engine::Home;
use fluxlift_engine::journal::{History, JournalError, RunId, RunStatus};
use fluxlift_gate::Proof;
use serde_json::{Value as Json, json};

use super::outcome::printed;
use crate::args::Global;
use crate::system::System;
use crate::ui::{Failure, Table, print_document};
use crate::workspace::place;

/// Show the proof ledger: every gate of a run, what was seen and how long it waited.
#[derive(Debug, Args)]
pub struct Report {
    /// Which run; the last one if none is named
    #[arg(long, value_name = "N", conflicts_with = "list")]
    pub run: Option<u64>,
    /// List the runs instead
    #[arg(long)]
    pub list: bool,
    /// Where the state of a run without a tree is kept; outside a tree, the last one if none is named
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
}

pub(super) fn execute(args: &Report, global: &Global, system: &System) -> Result<u8, Failure> {
    let home = place(global, system, args.state_dir.as_deref())?.home();
    if args.list {
        return list(&home, global);
    }
    let history = match args.run {
        Some(run) => History::read(&home, RunId(run))?,
        None => History::last(&home)?,
    };
    let Some(history) = history else { return Err(JournalError::NothingToResume(home.journals()).into()) };
    printed(print_document(global.format, &document(&history), || text(&history)))?;
    Ok(0)
}

fn list(home: &Home, global: &Global) -> Result<u8, Failure> {
    let mut table = Table::new(["RUN", "COMMAND", "STARTED", "STATUS"]);
    let mut rows = Vec::new();
    for run in History::runs(home)? {
        let Some(history) = History::read(home, run)? else { continue };
        let (command, started, status) = (command(&history), started(&history), status(&history));
        rows.push(json!({ "run": run, "command": command, "started": started, "status": status }));
        table.row([run.0.to_string(), command, started, status.to_owned()]);
    }
    printed(print_document(global.format, &Json::Array(rows), || table.render()))?;
    Ok(0)
}

fn command(history: &History) -> String {
    history.request().map_or_else(|| "?".to_owned(), |(command, ..)| command.to_string())
}

fn started(history: &History) -> String {
    history.started().map_or_else(|| "?".to_owned(), |at| format!("{at:.0}"))
}

fn status(history: &History) -> &'static str {
    match history.status() {
        RunStatus::Succeeded => "succeeded",
        RunStatus::Failed => "failed",
        RunStatus::Interrupted => "interrupted",
        RunStatus::Open => "open",
    }
}

/// The ledger of the last run in `home`, for a bundle; `None` when there is none that can be read.
pub(super) fn last(home: &Home) -> Option<Json> {
    History::last(home).ok().flatten().map(|history| document(&history))
}

/// The ledger of a command that is no run of units, for a bundle.
pub(super) fn of_proofs(command: &str, proofs: &[Proof]) -> Json {
    let proofs: Vec<Json> = proofs.iter().map(|proof| json!({ "proof": proof })).collect();
    json!({ "command": command, "proofs": proofs })
}

fn document(history: &History) -> Json {
    let units: Vec<Json> = history
        .results()
        .into_iter()
        .map(
            |(unit, result, took)| json!({ "unit": unit, "result": result.word(), "took_ms": took.as_millis() as u64 }),
        )
        .collect();
    let proofs: Vec<Json> =
        history.proofs().into_iter().map(|(unit, proof)| json!({ "unit": unit, "proof": proof })).collect();
    json!({
        "run": history.run,
        "command": command(history),
        "started": started(history),
        "status": status(history),
        "units": units,
        "proofs": proofs,
    })
}

fn text(history: &History) -> String {
    let mut units = Table::new(["UNIT", "RESULT", "TOOK"]);
    for (unit, result, took) in history.results() {
        units.row([unit.to_string(), result.word().to_owned(), human_duration(took)]);
    }
    let mut proofs = Table::new(["UNIT", "GATE", "VERDICT", "WAITED", "SEEN"]);
    for (unit, proof) in history.proofs() {
        let (verdict, waited) = (proof.verdict.word().to_owned(), human_duration(proof.waited));
        proofs.row([unit.to_string(), proof.gate.to_string(), verdict, waited, proof.verdict.to_string()]);
    }
    format!(
        "{} ({}, started {}): {}\n\n{}\n{}",
        history.run,
        command(history),
        started(history),
        status(history),
        units.render(),
        proofs.render()
    )
}
