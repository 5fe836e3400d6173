//! What the library may know of the system it runs on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fluxlift_core::Timestamp;

/// The environment of a run: variables and the home folder. The library never asks the process for them.
///
/// `Debug` lists names only, because values may be secrets.
#[derive(Clone, Default)]
pub struct Environment {
    /// The variables.
    pub vars: BTreeMap<String, String>,
    /// The home folder, where there is one.
    pub home: Option<PathBuf>,
}

impl Environment {
    /// An environment with these variables and no home folder.
    pub fn from_vars<K: Into<String>, V: Into<String>>(vars: impl IntoIterator<Item = (K, V)>) -> Self {
        Self { vars: vars.into_iter().map(|(k, v)| (k.into(), v.into())).collect(), home: None }
    }

    /// The variable `name`, which may be empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.vars.get(name).map(String::as_str)
    }
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Environment")
            .field("vars", &self.vars.keys().collect::<Vec<_>>())
            .field("home", &self.home)
            .finish()
    }
}

/// How to load a tree.
#[derive(Clone)]
pub struct LoadOptions {
    /// The folder whose units are loaded: a tree, or one unit.
    pub working_dir: PathBuf,
    /// What `get_terraform_command()` answers where it is decided which units there are and which take part.
    pub command: String,
    /// Variables and home folder.
    pub env: Environment,
    /// What `timestamp()` answers.
    pub now: Timestamp,
    /// Who runs `run_cmd`.
    pub runner: Arc<dyn CommandRunner>,
}

impl LoadOptions {
    /// Loads `working_dir` for no command, with an empty environment and without anybody to run commands.
    pub fn new(working_dir: impl Into<PathBuf>, now: Timestamp) -> Self {
        Self {
            working_dir: working_dir.into(),
            command: String::new(),
            env: Environment::default(),
            now,
            runner: Arc::new(NoCommands),
        }
    }
}

impl std::fmt::Debug for LoadOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoadOptions").field("working_dir", &self.working_dir).finish_non_exhaustive()
    }
}

/// Runs the commands of `run_cmd`.
pub trait CommandRunner: Send + Sync {
    /// Runs `argv` in `dir` and gives what it printed to stdout.
    ///
    /// # Errors
    /// Why it could not run or did not succeed, in words, without its output.
    fn run(&self, dir: &Path, argv: &[String], env: &Environment) -> Result<String, String>;
}

/// Refuses every command.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCommands;

impl CommandRunner for NoCommands {
    fn run(&self, _dir: &Path, _argv: &[String], _env: &Environment) -> Result<String, String> {
        Err("commands are not allowed here".to_owned())
    }
}

/// Runs commands as child processes with exactly the injected variables.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemCommands;

impl CommandRunner for SystemCommands {
    fn run(&self, dir: &Path, argv: &[String], env: &Environment) -> Result<String, String> {
        let (program, arguments) = argv.split_first().ok_or("no command was given")?;
        let output = std::process::Command::new(program)
            .args(arguments)
            .current_dir(dir)
            .env_clear()
            .envs(&env.vars)
            .output()
            .map_err(|error| format!("{program} could not be started: {error}"))?;
        if !output.status.success() {
            return Err(format!("{program} ended with {}", output.status));
        }
        String::from_utf8(output.stdout).map_err(|_| format!("{program} printed something that is not UTF-8"))
    }
}
