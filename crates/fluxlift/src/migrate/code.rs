//! The Terraform code and state around a Flux that was bootstrapped by its provider.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fluxlift_config::terraform::{Farewell, Retirement, StateFile, retire};
use serde::Serialize;

use crate::ui::Failure;

/// Folders that hold nothing of the user's own.
const SKIPPED: [&str; 4] = [".git", ".terraform", ".terragrunt-cache", "node_modules"];
/// What a `.tf` file of interest names.
const MARKS: [&str; 2] = ["flux_bootstrap_git", "fluxcd/flux"];

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Code {
    /// The folder of the module, as its files are named in the edits.
    pub folder: String,
    /// The folders of the Terragrunt units that use it.
    pub units: Vec<String>,
    /// What has to go.
    pub retirement: Retirement,
    /// What to tell Terraform first.
    pub farewell: Farewell,
}

/// Where code and state are.
#[derive(Debug, Clone, Default)]
pub struct Whereabouts {
    /// The folder with the `.tf` files, if it was named.
    pub folder: Option<PathBuf>,
    /// A state as JSON, if it was named.
    pub state: Option<PathBuf>,
    /// The checkout, which is searched when no folder was named.
    pub checkout: Option<PathBuf>,
}

impl Code {
    /// Finds and reads the code and the state; `None` when there is neither.
    ///
    /// # Errors
    /// When a file cannot be read, or the state would be made to uninstall Flux.
    pub fn find(at: &Whereabouts) -> Result<Option<Self>, Failure> {
        let folder = match (&at.folder, &at.checkout) {
            (Some(folder), _) => Some(folder.clone()),
            (None, Some(checkout)) => module_in(checkout),
            (None, None) => None,
        };
        let own_state = folder.as_ref().map(|folder| folder.join("terraform.tfstate")).filter(|path| path.is_file());
        let state = at.state.clone().or(own_state).map(|path| state(&path)).transpose()?;
        let Some(folder) = folder else {
            let Some(state) = state else { return Ok(None) };
            let farewell = Farewell::of(None, Some(&state), "terraform")?;
            return Ok(Some(Self { farewell, ..Self::default() }));
        };
        let shown = shown(&folder, at.checkout.as_deref());
        let retirement = retire(&files(&folder, &shown)?).map_err(Failure::from)?;
        let units = at.checkout.as_deref().map(|checkout| users_of(checkout, &folder)).unwrap_or_default();
        let program = if units.is_empty() { "terraform" } else { "terragrunt" };
        let farewell = Farewell::of(Some(&retirement), state.as_ref(), program)?;
        Ok(Some(Self { folder: shown, units, retirement, farewell }))
    }

    /// The edits as one patch.
    pub fn patch(&self) -> String {
        self.retirement.edits.iter().map(|edit| edit.patch.as_str()).collect()
    }
}

/// A folder as the edits name it: from the checkout on, where it is in one.
fn shown(folder: &Path, checkout: Option<&Path>) -> String {
    let inside = checkout.and_then(|checkout| folder.strip_prefix(checkout).ok());
    inside.map(|path| path.display().to_string()).unwrap_or_default()
}

fn files(folder: &Path, shown: &str) -> Result<BTreeMap<String, String>, Failure> {
    let unreadable = |error| Failure::because(format!("{} cannot be read", folder.display()), &error);
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|kind| kind == "tf") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let name = if shown.is_empty() { name } else { format!("{shown}/{name}") };
            files.insert(name, std::fs::read_to_string(&path).map_err(unreadable)?);
        }
    }
    Ok(files)
}

fn state(path: &Path) -> Result<StateFile, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::because(format!("{} cannot be read", path.display()), &error))?;
    Ok(StateFile::parse(path, &text)?)
}

/// The first folder below `checkout` whose `.tf` files have to do with the Flux provider.
fn module_in(checkout: &Path) -> Option<PathBuf> {
    let marked =
        |path: &Path| std::fs::read_to_string(path).is_ok_and(|text| MARKS.iter().any(|mark| text.contains(mark)));
    let found = all_below(checkout, |path| path.extension().is_some_and(|kind| kind == "tf") && marked(path));
    found.first().and_then(|path| path.parent()).map(Path::to_owned)
}

/// The Terragrunt units below `checkout` whose source is this module, as far as their text says it.
fn users_of(checkout: &Path, module: &Path) -> Vec<String> {
    let Some(name) = module.file_name().map(|name| name.to_string_lossy().into_owned()) else { return Vec::new() };
    let names = |line: &str| {
        let line = line.trim();
        line.starts_with("source") && line.trim_end_matches('"').ends_with(&format!("/{name}"))
    };
    let uses = |path: &Path| std::fs::read_to_string(path).is_ok_and(|text| text.lines().any(names));
    let found = all_below(checkout, |path| path.ends_with("terragrunt.hcl") && uses(path));
    found
        .iter()
        .filter_map(|path| path.parent()?.strip_prefix(checkout).ok())
        .map(|dir| dir.display().to_string())
        .collect()
}

/// The files below `root` that fit, in the order of their paths.
fn all_below(root: &Path, fits: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() && !path.is_symlink() && !SKIPPED.contains(&name.as_str()) {
                folders.push(path);
            } else if path.is_file() && fits(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
