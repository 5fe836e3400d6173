//! A loaded tree with the place of its state and its keys.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use fluxlift_config::sops::Identities;
use fluxlift_config::{ConfigError, LoadOptions, SystemCommands, Tree};
use fluxlift_core::{ErrorKind, UnitPath};
use fluxlift_engine::Home;
use fluxlift_engine::journal::History;
use fluxlift_engine::state::Vault;

use crate::args::{Global, Scope, this_folder};
use crate::standalone;
use crate::system::System;
use crate::tree::{TreeBlueprint, invalid};
use crate::ui::Failure;

/// The name of the state's folder beside a tree's root.
const FOLDER: &str = ".fluxlift";

/// What every command over a tree starts from.
#[derive(Debug)]
pub struct Workspace {
    /// The tree.
    pub blueprint: TreeBlueprint,
    /// Where state, journals and lock lie.
    pub home: Home,
    /// The keys of the state's secrets.
    pub vault: Vault,
    /// The working folder, relative to the tree's root.
    pub working_dir: String,
}

impl Workspace {
    /// Loads the tree of the working folder for `command`.
    ///
    /// # Errors
    /// When the tree is wrong, the working folder is not a unit although one is wanted, or a key can't be read.
    pub fn open(global: &Global, system: &System, command: &str, scope: Scope) -> Result<Self, Failure> {
        Self::at(&global.working_dir, system, command, scope)
    }

    /// The same, for the tree and the command of the last run that can be resumed, wherever in the tree it was started.
    ///
    /// # Errors
    /// As [`Workspace::open`], and when there is nothing to resume.
    pub fn resume(global: &Global, system: &System) -> Result<Self, Failure> {
        let here = load(&global.working_dir, system, "")?;
        let history = History::resumable(&home_of(&here))?;
        let Some((command, options, working_dir, _)) = history.request() else {
            return Err(Failure::new(
                ErrorKind::Failed,
                format!("the journal of {} does not say what it was for", history.run),
            ));
        };
        let scope = if options.only.is_some() { Scope::One } else { Scope::All };
        Self::at(&here.settings().root.join(working_dir), system, command.as_str(), scope)
    }

    /// Loads the tree in `dir` for `command`.
    ///
    /// # Errors
    /// As [`Workspace::open`].
    pub fn at(dir: &Path, system: &System, command: &str, scope: Scope) -> Result<Self, Failure> {
        let tree = load(dir, system, command)?;
        if scope == Scope::One && !tree.units().contains_key(&this_folder()) {
            let message = format!("{} is not a unit: it has no terragrunt.hcl", tree.working_dir().display());
            return Err(Failure::new(ErrorKind::Failed, message)
                .with_hint(format!("use `fluxlift run-all {command}` for all units below it")));
        }
        let home = home_of(&tree);
        let vault = vault_of(&tree, system)?;
        let working_dir = tree.key_of(&this_folder()).to_string();
        let blueprint = TreeBlueprint::new(tree, command, scope, system.env.clone());
        Ok(Self { blueprint, home, vault, working_dir })
    }
}

/// Loads the tree in `dir` for `command`.
///
/// # Errors
/// When it is wrong, with the snippets.
pub fn load(dir: &Path, system: &System, command: &str) -> Result<Tree, Failure> {
    Tree::load(load_options(dir, system, command)).map_err(invalid)
}

fn load_options(dir: &Path, system: &System, command: &str) -> LoadOptions {
    LoadOptions {
        command: command.to_owned(),
        env: system.env.clone(),
        runner: Arc::new(SystemCommands),
        ..LoadOptions::new(dir, system.now)
    }
}

/// What a command is about that can be given a tree or the state of a run without one.
#[derive(Debug)]
pub enum Place {
    /// The tree of the working folder.
    Tree(Box<Tree>),
    /// A run without a tree.
    Standalone(Home),
}

impl Place {
    /// Where its state lies.
    pub fn home(&self) -> Home {
        match self {
            Self::Tree(tree) => home_of(tree),
            Self::Standalone(home) => home.clone(),
        }
    }

    /// The name under which the state keeps `unit`.
    pub fn key_of(&self, unit: &UnitPath) -> UnitPath {
        match self {
            Self::Tree(tree) => tree.key_of(unit),
            Self::Standalone(_) => unit.clone(),
        }
    }
}

/// The state in `state_dir`, else the tree of the working folder, else the cluster that was bootstrapped last.
///
/// # Errors
/// When the tree is wrong, or there is nothing of the three.
pub fn place(global: &Global, system: &System, state_dir: Option<&Path>) -> Result<Place, Failure> {
    if let Some(folder) = state_dir {
        return Ok(Place::Standalone(Home::at(folder)));
    }
    match Tree::load(load_options(&global.working_dir, system, "")) {
        Ok(tree) => Ok(Place::Tree(Box::new(tree))),
        Err(none @ ConfigError::NoUnits(_)) => match standalone::home::latest(system)? {
            Some(home) => Ok(Place::Standalone(home)),
            None => Err(none.into()),
        },
        Err(other) => Err(invalid(other)),
    }
}

/// Where the state of `tree` lies.
pub fn home_of(tree: &Tree) -> Home {
    let settings = tree.settings();
    let folder: PathBuf = settings.state.path.clone().unwrap_or_else(|| settings.root.join(FOLDER));
    Home::at(folder)
}

fn vault_of(tree: &Tree, system: &System) -> Result<Vault, Failure> {
    let settings = tree.settings();
    let mut vault = Vault::empty();
    for recipient in &settings.state.recipients {
        vault = vault.with_recipient(recipient)?;
    }
    let keys = Identities::find(&system.env, settings.sops.age_key_file.as_deref())?;
    Ok(vault.with_identities(keys.keys().iter().cloned()))
}
