//! Finding units, the repository and the tree's root.

use std::io;
use std::path::{Path, PathBuf};

use crate::ConfigError;

/// The file that makes a folder a unit.
pub(super) const UNIT_FILE: &str = "terragrunt.hcl";
/// The file that gives a unit of a Terragrunt stack its `values`.
pub(super) const VALUES_FILE: &str = "terragrunt.values.hcl";
/// The file with fluxlift's own settings.
pub(super) const SETTINGS_FILE: &str = "fluxlift.hcl";
/// A file that makes its folder a repository root where there is no Git checkout.
const ROOT_MARKER: &str = ".fluxlift-root";

/// The folders at and below `dir` that hold a unit, sorted. Symbolic links are not followed.
pub(super) fn units(dir: &Path) -> Result<Vec<PathBuf>, ConfigError> {
    let mut found = Vec::new();
    if dir.join(UNIT_FILE).is_file() {
        found.push(dir.to_owned());
    }
    let entries = std::fs::read_dir(dir).and_then(|entries| entries.collect::<io::Result<Vec<_>>>());
    let entries = entries.map_err(|source| ConfigError::Read { path: dir.to_owned(), source })?;
    let mut folders: Vec<PathBuf> = entries
        .into_iter()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter(|entry| {
            ![".git", ".terraform", ".terragrunt-cache"].iter().any(|skipped| entry.file_name() == *skipped)
        })
        .map(|entry| entry.path())
        .collect();
    folders.sort();
    for folder in folders {
        found.extend(units(&folder)?);
    }
    Ok(found)
}

/// The root of the repository that `dir` is in: the nearest folder with `.git` (or `.fluxlift-root`), else the nearest
/// with both `terraform/` and `kubernetes/`, else `dir` itself.
pub(super) fn repo_root(dir: &Path) -> PathBuf {
    let checkout = |dir: &&Path| dir.join(".git").exists() || dir.join(ROOT_MARKER).exists();
    let by_shape = |dir: &&Path| dir.join("terraform").is_dir() && dir.join("kubernetes").is_dir();
    let root = dir.ancestors().find(checkout).or_else(|| dir.ancestors().find(by_shape));
    root.unwrap_or(dir).to_owned()
}

/// The nearest settings file at or above `dir`, up to `root`, that is not a module's.
pub(super) fn settings_files(dir: &Path, root: &Path) -> Vec<PathBuf> {
    let within = dir.ancestors().take_while(|dir| dir.starts_with(root));
    within.map(|dir| dir.join(SETTINGS_FILE)).filter(|path| path.is_file()).collect()
}
