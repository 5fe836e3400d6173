//! The Go command.

use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

/// A Go command that may or may not be there.
#[derive(Debug)]
pub(super) struct Go {
    program: OsString,
}

impl Go {
    /// The one that is called so: a name to be found in `PATH`, or a path.
    pub(super) fn called(program: impl Into<OsString>) -> Self {
        Self { program: program.into() }
    }

    /// Whether it is there and runs. An error says why not.
    pub(super) fn check(&self) -> Result<(), String> {
        let output = Command::new(&self.program).args(["env", "GOVERSION"]).output().map_err(|e| match e.kind() {
            ErrorKind::NotFound => "Go is not installed".to_owned(),
            _ => format!("go cannot be started: {e}"),
        })?;
        if output.status.success() {
            Ok(())
        } else {
            Err(format!("go does not work: {}", telling(&String::from_utf8_lossy(&output.stderr))))
        }
    }

    /// Runs it in `folder` and returns what it printed. What it complains about goes to `log`, whole.
    pub(super) fn run<A: AsRef<OsStr>>(&self, folder: &Path, log: &Path, arguments: &[A]) -> Result<String, String> {
        let output = Command::new(&self.program)
            .args(arguments)
            .current_dir(folder)
            .env("CGO_ENABLED", "0")
            .env("GOWORK", "off")
            // The user's own flags would make another binary than the key says.
            .env("GOFLAGS", "")
            .output()
            .map_err(|e| format!("go cannot be started: {e}"))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let reason = if said.trim().is_empty() { output.status.to_string() } else { telling(&said).to_owned() };
        match std::fs::write(log, said.as_bytes()) {
            Ok(()) => Err(format!("{reason} (all of it: {})", log.display())),
            Err(_) => Err(reason),
        }
    }
}

/// The line of Go's complaints that says what is wrong.
pub(super) fn telling(said: &str) -> &str {
    let lines = || said.lines().map(str::trim).filter(|line| !line.is_empty());
    lines()
        .find(|line| !line.starts_with('#') && !line.starts_with("go: downloading "))
        .or_else(|| lines().next_back())
        .unwrap_or("it said nothing")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_telling_line_is_neither_a_download_nor_a_package_heading() {
        let said = "go: downloading a v1.0.0\n# a/b\na/b/c.go:3:4: undefined: X\na/b/c.go:5:6: undefined: Y\n";
        assert_eq!(telling(said), "a/b/c.go:3:4: undefined: X");
        assert_eq!(telling("go: downloading a v1.0.0\n"), "go: downloading a v1.0.0");
        assert_eq!(telling(""), "it said nothing");
    }
}
