//! The repository that Flux follows.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use crate::LabError;

/// A bare repository, and the folder from which it is committed to.
#[derive(Debug)]
pub struct Repository {
    work: PathBuf,
    bare: PathBuf,
}

impl Repository {
    /// An empty repository called `name` below `root`.
    ///
    /// # Errors
    /// When Git refuses.
    pub async fn init(root: &Path, name: &str) -> Result<Self, LabError> {
        let (work, bare) = (root.join(format!("{name}.work")), root.join(format!("{name}.git")));
        for folder in [&work, &bare] {
            std::fs::create_dir_all(folder).map_err(LabError::io(format!("make {}", folder.display())))?;
        }
        let repository = Self { work, bare };
        git(&repository.bare, &["init", "--quiet", "--bare", "--initial-branch=main"]).await?;
        git(&repository.work, &["init", "--quiet", "--initial-branch=main"]).await?;
        Ok(repository)
    }

    /// Makes `files` the whole content of `main`, and gives the commit.
    ///
    /// # Errors
    /// When Git refuses.
    pub async fn commit(&self, files: &BTreeMap<String, String>, message: &str) -> Result<String, LabError> {
        git(&self.work, &["rm", "-r", "--quiet", "--force", "--ignore-unmatch", "."]).await?;
        for (path, text) in files {
            let path = self.work.join(path);
            let folder = path.parent().unwrap_or(&self.work);
            std::fs::create_dir_all(folder).map_err(LabError::io(format!("make {}", folder.display())))?;
            std::fs::write(&path, text).map_err(LabError::io(format!("write {}", path.display())))?;
        }
        git(&self.work, &["add", "--all", "."]).await?;
        git(&self.work, &["commit", "--quiet", "--allow-empty", "--message", message]).await?;
        git(&self.work, &["push", "--quiet", &self.bare.display().to_string(), "main"]).await?;
        git(&self.work, &["rev-parse", "HEAD"]).await
    }
}

async fn git(folder: &Path, arguments: &[&str]) -> Result<String, LabError> {
    let doing = format!("git {}", arguments.join(" "));
    let mut command = Command::new("git");
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "lab").env(format!("GIT_{who}_EMAIL"), "lab@example.org");
    }
    // The user's own settings may sign commits or run hooks.
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    let output = command
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(LabError::io(&doing))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    Err(LabError::Unexpected(format!("{doing}: {}", String::from_utf8_lossy(&output.stderr).trim())))
}
