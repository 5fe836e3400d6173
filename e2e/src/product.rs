//! fluxlift itself, as a process: the program that is judged.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};
use serde_json::Value;
use tokio::process::{Child, Command};

use crate::LabError;
use crate::process::signal_process;

/// fluxlift, with a folder for its state.
#[derive(Debug, Clone)]
pub struct Fluxlift {
    binary: PathBuf,
    home: PathBuf,
    environment: BTreeMap<String, String>,
}

/// How a run ended.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// Results.
    pub stdout: String,
    /// Progress.
    pub stderr: String,
    /// How long it took.
    pub took: Duration,
}

impl Fluxlift {
    /// The binary at `binary`, with its state below `home`.
    pub fn new(binary: impl Into<PathBuf>, home: impl Into<PathBuf>) -> Self {
        Self { binary: binary.into(), home: home.into(), environment: BTreeMap::new() }
    }

    /// The same with these variables besides its own.
    #[must_use]
    pub fn with_environment(self, environment: &BTreeMap<String, String>) -> Self {
        Self { environment: environment.clone(), ..self }
    }

    /// The program.
    pub fn binary(&self) -> &Path {
        &self.binary
    }

    /// Its home folder.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// The states of a native module that it keeps where it does by itself: in the XDG state folder.
    pub fn own_states(&self, module: &str) -> Vec<PathBuf> {
        let folder = self.home.join(".local/state/fluxlift/native").join(module);
        // No folder, no states.
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
    }

    /// Where it keeps its state of a native module.
    pub fn state(&self, module: &str) -> PathBuf {
        self.home.join("state").join(module)
    }

    /// Starts `fluxlift <arguments>`, with the inputs of a native module if there are any.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(&self, arguments: &[&str], inputs: Option<&Value>) -> Result<Child, LabError> {
        std::fs::create_dir_all(&self.home).map_err(LabError::io("make a folder for fluxlift"))?;
        // A lab that ends takes it along.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(&self.binary);
        command.env_clear().env("HOME", &self.home).env("CI", "1").env("PATH", "/usr/local/bin:/usr/bin:/bin");
        command.envs(&self.environment);
        if let Some(inputs) = inputs {
            command.env("FLUXLIFT_INPUTS", inputs.to_string());
        }
        command
            .args(arguments)
            .current_dir(&self.home)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(LabError::io(format!("start {}", self.binary.display())))
    }

    /// Runs `fluxlift <arguments>` to its end.
    ///
    /// # Errors
    /// When it cannot be started.
    pub async fn run(&self, arguments: &[&str], inputs: Option<&Value>) -> Result<Outcome, LabError> {
        let began = Instant::now();
        let output = self.start(arguments, inputs)?.wait_with_output().await;
        let output = output.map_err(LabError::io("wait for fluxlift"))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(Outcome {
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
            took: began.elapsed(),
        })
    }
}

/// Asks a run that was started to stop, as Ctrl-C does.
pub fn interrupt(run: &Child) {
    signal_process(run.id().and_then(|id| Pid::from_raw(id.cast_signed())), Signal::INT);
}

/// Builds fluxlift as it is in this checkout, and gives its path. Nothing is built where it is up to date.
///
/// # Errors
/// What Cargo said.
pub fn build(cargo: &Path) -> Result<PathBuf, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output = std::process::Command::new(cargo)
        .args(["build", "--package", "fluxlift", "--bin", "fluxlift", "--message-format=json-render-diagnostics"])
        .current_dir(root)
        .output()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    if !output.status.success() {
        return Err(format!("fluxlift cannot be built:\n{}", String::from_utf8_lossy(&output.stderr)));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let messages = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut binaries = messages.filter_map(|message| message["executable"].as_str().map(PathBuf::from));
    binaries.next_back().ok_or_else(|| "cargo built no fluxlift".to_owned())
}
