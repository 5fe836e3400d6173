//! What a program used: its processor time and its peak of memory, from the kernel.
//!
//! The kernel sums up the children of a process that have ended. So the program gets a parent of its own, which is this
//! program again, with no other child.

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use fluxlift_e2e::LabError;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use serde_json::{Value, json};

/// What a program used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weight {
    /// On all processors, for itself and in the kernel.
    pub(crate) processor: Duration,
    /// The most memory that it had at once, in bytes.
    pub(crate) memory: u64,
}

impl Weight {
    /// What was written down at `path`.
    pub(crate) fn read(path: &Path) -> Result<Self, LabError> {
        let text = std::fs::read_to_string(path).map_err(LabError::io(format!("read {}", path.display())))?;
        let value: Value = serde_json::from_str(&text).map_err(|error| LabError::Unexpected(error.to_string()))?;
        let number = |name: &str| {
            value[name].as_u64().ok_or_else(|| LabError::Unexpected(format!("no {name} in {}", path.display())))
        };
        Ok(Self { processor: Duration::from_micros(number("microseconds")?), memory: number("bytes")? })
    }
}

/// Runs a program, writes what it used to `into`, and ends as it did.
pub(crate) fn run(into: &Path, command: &[String]) -> ExitCode {
    match weighed(into, command) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("{}", error.chain());
            ExitCode::FAILURE
        }
    }
}

fn weighed(into: &Path, command: &[String]) -> Result<u8, LabError> {
    // The program ends when this one does.
    let status = Command::new("setpriv")
        .args(["--pdeathsig", "KILL", "--"])
        .args(command)
        .status()
        .map_err(LabError::io(format!("start {command:?}")))?;
    let used = getrusage(UsageWho::RUSAGE_CHILDREN)
        .map_err(|error| LabError::io("ask what was used")(std::io::Error::from(error)))?;
    let microseconds = used.user_time().num_microseconds() + used.system_time().num_microseconds();
    // Linux counts in kilobytes.
    let text = json!({"microseconds": microseconds, "bytes": used.max_rss() * 1024}).to_string();
    std::fs::write(into, text).map_err(LabError::io(format!("write {}", into.display())))?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}
