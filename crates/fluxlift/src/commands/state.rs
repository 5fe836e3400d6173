//! `state`: what is remembered, and the lock around it.

use clap::{Args, Subcommand};
use fluxlift_core::{ErrorKind, UnitPath};
use fluxlift_engine::Home;
use fluxlift_engine::lock;
use fluxlift_engine::state::{Document, FolderStore, Store, UnitDocument};
use serde_json::json;

use super::outcome::printed;
use crate::args::Global;
use crate::run::on_runtime;
use crate::system::System;
use crate::ui::{Failure, Table, ask, is_interactive, note, print_document};
use crate::workspace::{home_of, load};

/// Look at the state, or free its lock.
#[derive(Debug, Args)]
pub struct State {
    /// What to do with it.
    #[command(subcommand)]
    pub command: StateCommand,
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
    /// Free a lock that a run on another machine left behind, or that a hanging run holds
    Unlock {
        /// Do not ask
        #[arg(long)]
        force: bool,
    },
}

pub(super) fn execute(args: &State, global: &Global, system: &System) -> Result<u8, Failure> {
    let tree = load(&global.working_dir, system)?;
    let home = home_of(&tree);
    match &args.command {
        StateCommand::List => list(&read(&home)?, global),
        StateCommand::Show { unit } => {
            let document = read(&home)?;
            let known = |path: &UnitPath| document.as_ref().and_then(|d| d.units.get(path));
            // Also by the name that the unit has from the working folder.
            match known(unit).or_else(|| known(&tree.key_of(unit))) {
                Some(found) => show(unit, found, global),
                None => Err(Failure::new(ErrorKind::Failed, format!("the state has no unit {unit}"))
                    .with_hint("list the units with `fluxlift state list`")),
            }
        }
        StateCommand::Unlock { force } => unlock(&home, *force || global.non_interactive),
    }
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
