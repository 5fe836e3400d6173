//! Terragrunt and OpenTofu, as somebody runs them by hand in a [`LiveTree`].

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::process::Command;

use crate::live_tree::LiveTree;
use crate::{LabError, Tools};

/// The programs that it takes, besides fluxlift.
pub const PROGRAMS: [&str; 2] = ["terragrunt", "tofu"];

/// Terragrunt with a tree in front of it.
#[derive(Debug)]
pub struct Terragrunt {
    tree: LiveTree,
    programs: PathBuf,
    home: PathBuf,
}

/// What a command said, and how long it took.
#[derive(Debug, Clone)]
pub struct Ran {
    /// Results.
    pub stdout: String,
    /// Progress.
    pub stderr: String,
    /// How long it took.
    pub took: Duration,
}

impl Ran {
    /// Everything that it said.
    pub fn said(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

impl Terragrunt {
    /// Terragrunt in front of `tree`, which finds `fluxlift` and tofu in its path. Their home is `home`.
    ///
    /// # Errors
    /// When a program is missing, or cannot be put there.
    pub fn new(tools: &Tools, fluxlift: &Path, home: &Path, tree: LiveTree) -> Result<Self, LabError> {
        let programs = home.join("programs");
        std::fs::create_dir_all(&programs).map_err(LabError::io("make a folder for programs"))?;
        link(fluxlift, &programs.join("fluxlift"))?;
        for program in PROGRAMS {
            link(&tools.need(program)?, &programs.join(program))?;
        }
        Ok(Self { tree, programs, home: home.to_owned() })
    }

    /// The tree.
    pub const fn tree(&self) -> &LiveTree {
        &self.tree
    }

    /// Runs `terragrunt <arguments>` in a unit's folder; in that of all units where none is named.
    ///
    /// # Errors
    /// When it cannot be started, or does not end well.
    pub async fn run(&self, unit: &str, arguments: &[&str]) -> Result<Ran, LabError> {
        let began = Instant::now();
        let output = Command::new(self.programs.join("terragrunt"))
            .args(arguments)
            .current_dir(self.tree.unit(unit))
            .env_clear()
            .env("HOME", &self.home)
            .env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", self.programs.display()))
            .env("SOPS_AGE_KEY_FILE", self.tree.age_key())
            .env("TG_NON_INTERACTIVE", "true")
            .env("TG_TF_PATH", self.programs.join("tofu"))
            .env("CHECKPOINT_DISABLE", "1")
            .env("CI", "1")
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .map_err(LabError::io("start terragrunt"))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let ran = Ran { stdout: text(&output.stdout), stderr: text(&output.stderr), took: began.elapsed() };
        if output.status.success() {
            return Ok(ran);
        }
        let doing = format!("terragrunt {} in {:?}", arguments.join(" "), unit);
        Err(LabError::Unexpected(format!("{doing} ended with {}:\n{}", output.status, ran.said())))
    }
}

fn link(from: &Path, to: &Path) -> Result<(), LabError> {
    let failed = |from: &Path| LabError::io(format!("link {}", from.display()));
    let whole = std::path::absolute(from).map_err(failed(from))?;
    std::os::unix::fs::symlink(&whole, to).map_err(failed(&whole))
}
