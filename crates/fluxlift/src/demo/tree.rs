//! The tree that a demo starts from: the reference tree, pointed at the simulated datacenter.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use fluxlift_core::{ErrorKind, Explain, Hint};
use include_dir::{Dir, include_dir};
use thiserror::Error;

static TERRAFORM: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../terraform");
static KUBERNETES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../kubernetes");

/// The units of the demo's cluster, inside the tree.
pub const LIVE: &str = "terraform/infra/live/clusters/cluster-101";

/// The file that says which versions of Flux run, and where they come from.
const VERSIONS: &str = "terraform/infra/live/common/application-versions.hcl";

/// The file that makes its folder the root of a repository for `get_repo_root()`.
const ROOT_MARKER: &str = ".fluxlift-root";

/// What the demo's tree says of Flux.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gitops {
    /// The Git repository.
    pub repository: String,
    /// The operator's chart.
    pub chart: String,
    /// The operator's version.
    pub operator_version: String,
    /// The version of Flux.
    pub flux_version: String,
}

/// Why a tree could not be written.
#[derive(Debug, Error)]
pub enum TreeError {
    /// There is something else in the folder.
    #[error("{} is not empty: a demo begins in an empty folder", dir.display())]
    Occupied {
        /// The folder.
        dir: PathBuf,
    },
    /// A file can't be written.
    #[error("{} cannot be written", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The reference tree lacks a setting that a demo needs to change.
    #[error("{VERSIONS} has no single setting called {key}")]
    Setting {
        /// The setting.
        key: &'static str,
    },
}

impl Explain for TreeError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Failed
    }

    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Occupied { .. } => vec![Hint::new("name a folder that does not exist yet with --dir")],
            _ => vec![],
        }
    }
}

/// Writes the reference tree and its Git content into `dir`, a folder that is empty or does not exist.
///
/// # Errors
/// When the folder holds something already, or can't be written to.
pub fn write(dir: &Path, gitops: &Gitops) -> Result<(), TreeError> {
    if fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(TreeError::Occupied { dir: dir.to_owned() });
    }
    extract(&TERRAFORM, &dir.join("terraform"))?;
    for (path, content) in git_content(&gitops.flux_version) {
        let path = dir.join(path);
        let written = fs::create_dir_all(path.parent().unwrap_or(dir)).and_then(|()| fs::write(&path, content));
        written.map_err(|source| TreeError::Write { path, source })?;
    }
    // Without it, a demo inside somebody's checkout would take that checkout for its repository.
    let marker = dir.join(ROOT_MARKER);
    fs::write(&marker, "").map_err(|source| TreeError::Write { path: marker, source })?;
    let path = dir.join(VERSIONS);
    let text = fs::read_to_string(&path).map_err(|source| TreeError::Write { path: path.clone(), source })?;
    let text = point(&text, gitops)?;
    fs::write(&path, text).map_err(|source| TreeError::Write { path, source })
}

/// The content of the Git repository that the demo's cluster syncs from, by path, in the API versions that
/// `flux_version` serves.
pub fn git_content(flux_version: &str) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    collect(&KUBERNETES, &mut files);
    files.sort();
    if is_before_2_6(flux_version) {
        for (_, content) in &mut files {
            *content = with_beta_oci_repositories(&String::from_utf8_lossy(content)).into_bytes();
        }
    }
    files
}

/// Whether this Flux serves OCIRepository as v1beta2 only; v1 came with 2.6.
fn is_before_2_6(flux_version: &str) -> bool {
    let mut parts = flux_version.split('.').map(|part| part.parse::<u32>().unwrap_or(u32::MAX));
    (parts.next(), parts.next()) < (Some(2), Some(6))
}

/// The documents of a manifest, its OCIRepositories as v1beta2.
fn with_beta_oci_repositories(text: &str) -> String {
    let documents = text.split("\n---\n").map(|document| {
        if document.lines().any(|line| line == "kind: OCIRepository") {
            document
                .replace("apiVersion: source.toolkit.fluxcd.io/v1\n", "apiVersion: source.toolkit.fluxcd.io/v1beta2\n")
        } else {
            document.to_owned()
        }
    });
    documents.collect::<Vec<_>>().join("\n---\n")
}

fn collect(dir: &Dir<'_>, files: &mut Vec<(String, Vec<u8>)>) {
    for file in dir.files() {
        files.push((format!("kubernetes/{}", file.path().display()), file.contents().to_vec()));
    }
    for inner in dir.dirs() {
        collect(inner, files);
    }
}

fn extract(from: &Dir<'_>, to: &Path) -> Result<(), TreeError> {
    let written = fs::create_dir_all(to).and_then(|()| from.extract(to));
    written.map_err(|source| TreeError::Write { path: to.to_owned(), source })
}

/// The versions file with the settings of `gitops`.
fn point(text: &str, gitops: &Gitops) -> Result<String, TreeError> {
    let settings = [
        ("flux_git_repository", &gitops.repository),
        ("flux_operator_chart", &gitops.chart),
        ("flux_operator_version", &gitops.operator_version),
        ("flux_version", &gitops.flux_version),
    ];
    settings.into_iter().try_fold(text.to_owned(), |text, (key, value)| set(&text, key, value))
}

/// Replaces the quoted value of the one line `key = "…"`.
fn set(text: &str, key: &'static str, value: &str) -> Result<String, TreeError> {
    let is_setting =
        |line: &str| line.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='));
    if text.lines().filter(|line| is_setting(line)).count() != 1 {
        return Err(TreeError::Setting { key });
    }
    let lines = text.lines().map(|line| match line.split_once('=') {
        Some((left, _)) if is_setting(line) => format!("{left}= \"{value}\"\n"),
        _ => format!("{line}\n"),
    });
    Ok(lines.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gitops() -> Gitops {
        Gitops {
            repository: "http://127.101.0.4:3000/home-ops.git".into(),
            chart: "oci://127.101.0.3:5000/charts/flux-operator".into(),
            operator_version: "0.58.1".into(),
            flux_version: "2.9.4".into(),
        }
    }

    #[test]
    fn the_tree_that_is_written_points_at_the_simulated_datacenter() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &gitops()).unwrap();
        let text = fs::read_to_string(dir.path().join(VERSIONS)).unwrap();
        assert!(text.contains(r#"flux_git_repository    = "http://127.101.0.4:3000/home-ops.git""#), "{text}");
        assert!(!text.contains("github.com") && !text.contains("ghcr.io"), "{text}");
        assert!(dir.path().join(LIVE).join("flux-instance/terragrunt.hcl").is_file());
    }

    #[test]
    fn a_folder_that_holds_something_else_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("precious"), "data").unwrap();
        let error = write(dir.path(), &gitops()).unwrap_err();
        assert!(matches!(error, TreeError::Occupied { .. }), "{error}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn content_for_an_older_flux_has_the_versions_that_it_serves() {
        let beta = |flux| {
            let files = git_content(flux);
            files.iter().filter(|(_, text)| String::from_utf8_lossy(text).contains("/v1beta2")).count()
        };
        assert_eq!(beta("2.9.4"), 0);
        assert!(beta("2.4.0") > 0);
        let text = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\n---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\n";
        assert_eq!(with_beta_oci_repositories(text).matches("/v1beta2").count(), 1);
    }

    #[test]
    fn a_setting_that_is_missing_is_named() {
        let error = point("locals {}", &gitops()).unwrap_err();
        assert!(error.to_string().contains("flux_git_repository"), "{error}");
    }
}
