//! `state`: what is remembered, forgetting it, and the lock around it.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use fluxlift_core::{ErrorKind, UnitPath};
use fluxlift_engine::lock;
use fluxlift_engine::state::{Document, FolderStore, Store, UnitDocument};
use fluxlift_engine::{Engine, Home};
use serde_json::json;

use super::outcome::printed;
use crate::args::Global;
use crate::run::{Setting, on_runtime};
use crate::standalone::Standalone;
use crate::system::System;
use crate::ui::{Failure, Table, ask, is_interactive, note, print_document};
use crate::workspace::place;

/// Look at the state, take a unit out of it, or free its lock.
#[derive(Debug, Args)]
pub struct State {
    /// What to do with it.
    #[command(subcommand)]
    pub command: StateCommand,
    /// Where the state of a run without a tree is kept; outside a tree, the last one if none is named
    #[arg(long, global = true, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
}

/// What can be done with the state.
#[derive(Debug, Subcommand)]
pub enum StateCommand {
    /// List the units that it remembers
    List,
    /// Show what it remembers of a unit; secrets stay hidden
    Show {
        /// The unit, as `state list` names it
        unit: UnitPath,
    },
    /// Forget a unit; what it made stays in the world and belongs to nobody then
    Rm {
        /// The unit, as `state list` names it
        unit: UnitPath,
        /// Do not ask
        #[arg(long, visible_alias = "auto-approve")]
        force: bool,
    },
    /// Free a lock that a run on another machine left behind, or that a hanging run holds
    Unlock {
        /// Do not ask
        #[arg(long)]
        force: bool,
    },
}

pub(super) fn execute(args: &State, global: &Global, system: &System) -> Result<u8, Failure> {
    let place = place(global, system, args.state_dir.as_deref())?;
    let home = place.home();
    // A unit is also known by the name that it has from the working folder.
    let known = |document: &Option<Document>, unit: &UnitPath| {
        let units = &document.as_ref()?.units;
        [unit.clone(), place.key_of(unit)].into_iter().find_map(|key| units.get_key_value(&key).map(owned))
    };
    match &args.command {
        StateCommand::List => list(&read(&home)?, global),
        StateCommand::Show { unit } => {
            let (_, found) = known(&read(&home)?, unit).ok_or_else(|| no_such(unit))?;
            show(unit, &found, global)
        }
        StateCommand::Rm { unit, force } => {
            let (key, found) = known(&read(&home)?, unit).ok_or_else(|| no_such(unit))?;
            forget(&home, &key, &found, *force || global.non_interactive, system)
        }
        StateCommand::Unlock { force } => unlock(&home, *force || global.non_interactive),
    }
}

fn owned((key, unit): (&UnitPath, &UnitDocument)) -> (UnitPath, UnitDocument) {
    (key.clone(), unit.clone())
}

fn no_such(unit: &UnitPath) -> Failure {
    Failure::new(ErrorKind::Failed, format!("the state has no unit {unit}"))
        .with_hint("list the units with `fluxlift state list`")
}

fn read(home: &Home) -> Result<Option<Document>, Failure> {
    let store = FolderStore::new(home.clone());
    let text = on_runtime(async {
        store.load().await.map_err(|e| Failure::from(fluxlift_engine::state::StateError::from(e)))
    })?;
    Ok(text.map(|text| Document::parse(&text, &store.place())).transpose()?)
}

fn list(document: &Option<Document>, global: &Global) -> Result<u8, Failure> {
    let mut table = Table::new(["UNIT", "MODULE", "OUTPUTS", "PROVEN"]);
    let units = document.iter().flat_map(|document| &document.units);
    for (path, unit) in units.clone() {
        let outputs = unit.outputs().as_object().map_or(0, serde_json::Map::len);
        let proven = if unit.unproven.is_none() { "yes" } else { "NO" };
        table.row([path.to_string(), unit.module.clone(), outputs.to_string(), proven.to_owned()]);
    }
    let json = json!({
        "lineage": document.as_ref().map(|d| &d.lineage),
        "serial": document.as_ref().map_or(0, |d| d.serial),
        "units": units.map(|(path, unit)| json!({ "unit": path, "module": unit.module })).collect::<Vec<_>>(),
    });
    printed(print_document(global.format, &json, || table.render()))?;
    Ok(0)
}

fn show(path: &UnitPath, unit: &UnitDocument, global: &Global) -> Result<u8, Failure> {
    let json = json!({
        "unit": path,
        "module": unit.module,
        "identity": unit.identity,
        "outputs": unit.outputs(),
        "unproven": unit.unproven,
    });
    printed(print_document(global.format, &json, || format!("{json:#}\n")))?;
    Ok(0)
}

/// Takes a unit out of the state. Its secrets go with it, so this is asked like a destroy.
fn forget(home: &Home, key: &UnitPath, unit: &UnitDocument, approved: bool, system: &System) -> Result<u8, Failure> {
    if !approved && !is_interactive() {
        return Err(Failure::new(ErrorKind::Usage, format!("{key} would be forgotten, and there is nobody to ask"))
            .with_hint("add --force if what it made is gone, or is to be looked after by hand"));
    }
    let lost = if unit.sealed.is_some() { " Its secrets are forgotten too." } else { "" };
    if !approved && !ask(&format!("Forget {key}? What it made stays in the world.{lost}")) {
        return Err(Failure::new(ErrorKind::Failed, "the state was left as it is"));
    }
    // Nothing runs, and no secret is read: neither units nor keys are needed.
    let nothing = Standalone { units: Vec::new(), dir: system.dir.clone() };
    let forgotten = on_runtime(async {
        let Setting { modules, clock, owner } = Setting::real(system, "state rm");
        Ok(Engine::new(&nothing, &*modules, home.clone(), owner, clock).forget(key).await?)
    })?;
    note("Forgot", &format!("{key}; the state before is in {}", home.backup().display()));
    let identity = match &forgotten.identity {
        serde_json::Value::Null => String::new(),
        identity => format!(", known as {identity}"),
    };
    note("Stays", &format!("what {} made{identity}: no unit looks after it now", forgotten.module));
    Ok(0)
}

fn unlock(home: &Home, approved: bool) -> Result<u8, Failure> {
    let Some(owner) = lock::inspect(home)?.owner else {
        note("Free", "nobody holds the lock");
        return Ok(0);
    };
    if !approved && !is_interactive() {
        return Err(Failure::new(ErrorKind::Usage, format!("the lock is held by {owner}, and there is nobody to ask"))
            .with_hint("add --force if you know that this run is gone"));
    }
    if !approved && !ask(&format!("The lock is held by {owner}. Free it? That run can write nothing more.")) {
        return Err(Failure::new(ErrorKind::Failed, "the lock was left as it is"));
    }
    lock::unlock(home)?;
    note("Unlocked", &format!("it was held by {owner}"));
    Ok(0)
}
