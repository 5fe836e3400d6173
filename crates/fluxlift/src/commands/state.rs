//! `state`: what is remembered, forgetting it, and the lock around it.

use clap::{Args, Subcommand};
use fluxlift_core::{ErrorKind, UnitPath};
use fluxlift_engine::Home;
use fluxlift_engine::lock;
use fluxlift_engine::state::{Document, FolderStore, Store, UnitDocument};
use serde_json::json;

use super::outcome::printed;
use crate::args::{Global, Scope};
use crate::run::{Setting, on_runtime};
use crate::system::System;
use crate::ui::{Failure, Table, ask, is_interactive, note, print_document};
use crate::workspace::{Workspace, home_of, load};

/// Look at the state, take a unit out of it, or free its lock.
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
    let tree = load(&global.working_dir, system)?;
    let home = home_of(&tree);
    // A unit is also known by the name that it has from the working folder.
    let known = |document: &Option<Document>, unit: &UnitPath| {
        let units = &document.as_ref()?.units;
        [unit.clone(), tree.key_of(unit)].into_iter().find_map(|key| units.get_key_value(&key).map(owned))
    };
    match &args.command {
        StateCommand::List => list(&read(&home)?, global),
        StateCommand::Show { unit } => {
            let (_, found) = known(&read(&home)?, unit).ok_or_else(|| no_such(unit))?;
            show(unit, &found, global)
        }
        StateCommand::Rm { unit, force } => {
            let (key, found) = known(&read(&home)?, unit).ok_or_else(|| no_such(unit))?;
            forget(&key, &found, *force || global.non_interactive, global, system)
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
fn forget(
    key: &UnitPath,
    unit: &UnitDocument,
    approved: bool,
    global: &Global,
    system: &System,
) -> Result<u8, Failure> {
    if !approved && !is_interactive() {
        return Err(Failure::new(ErrorKind::Usage, format!("{key} would be forgotten, and there is nobody to ask"))
            .with_hint("add --force if what it made is gone, or is to be looked after by hand"));
    }
    let lost = if unit.sealed.is_some() { " Its secrets are forgotten too." } else { "" };
    if !approved && !ask(&format!("Forget {key}? What it made stays in the world.{lost}")) {
        return Err(Failure::new(ErrorKind::Failed, "the state was left as it is"));
    }
    let workspace = Workspace::open(global, system, "state", Scope::All)?;
    let backup = workspace.home.backup();
    let forgotten = on_runtime(async {
        let setting = Setting::real(system, "state rm");
        Ok(setting.engine(&workspace).forget(key).await?)
    })?;
    note("Forgot", &format!("{key}; the state before is in {}", backup.display()));
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
