//! The Terraform code and state around a Flux that was bootstrapped by its provider.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use fluxlift_config::terraform::{Farewell, Retirement, StateFile, retire};
use fluxlift_core::ErrorKind;
use serde::Serialize;

use crate::ui::Failure;

/// Folders that hold nothing of the user's own.
pub(super) const SKIPPED: [&str; 4] = [".git", ".terraform", ".terragrunt-cache", "node_modules"];
/// The resource that a `.tf` file of interest has.
const RESOURCE: &str = "flux_bootstrap_git";
/// The provider that others of the same code may name; the quote ends its name.
const PROVIDER: &str = "fluxcd/flux\"";

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
    /// When a file cannot be read, the state would be made to uninstall Flux, or the checkout has more than one module that
    /// could be meant.
    pub fn find(at: &Whereabouts) -> Result<Option<Self>, Failure> {
        let folder = match (&at.folder, &at.checkout) {
            (Some(folder), _) => Some(folder.clone()),
            (None, Some(checkout)) => module_in(checkout)?,
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

/// The only folder below `checkout` whose `.tf` files have the resource; where none has, the only one that names the provider.
///
/// # Errors
/// When there are several: what one of them says must not be done to the state of another.
fn module_in(checkout: &Path) -> Result<Option<PathBuf>, Failure> {
    let naming = |mark: &str| {
        let marked = |path: &Path| std::fs::read_to_string(path).is_ok_and(|text| text.contains(mark));
        let found = all_below(checkout, |path| path.extension().is_some_and(|kind| kind == "tf") && marked(path));
        found.iter().filter_map(|path| path.parent()).map(Path::to_owned).collect::<BTreeSet<PathBuf>>()
    };
    let having = naming(RESOURCE);
    let mut found = (if having.is_empty() { naming(PROVIDER) } else { having }).into_iter();
    match (found.next(), found.next()) {
        (Some(first), Some(second)) => {
            let all = [first, second].into_iter().chain(found).map(|folder| shown(&folder, Some(checkout)));
            let names = all.collect::<Vec<_>>().join(" and ");
            let what = format!("{names} in {} could each be the code that has installed Flux", checkout.display());
            Err(Failure::new(ErrorKind::Failed, what).with_hint("name the one of this cluster with --terraform"))
        }
        (first, _) => Ok(first),
    }
}

/// The Terragrunt units below `checkout` whose source is this module, as far as their text says it.
fn users_of(checkout: &Path, module: &Path) -> Vec<String> {
    let Some(name) = module.file_name().map(|name| name.to_string_lossy().into_owned()) else { return Vec::new() };
    let uses =
        |path: &Path| std::fs::read_to_string(path).is_ok_and(|text| text.lines().any(|line| is_source(line, &name)));
    let found = all_below(checkout, |path| path.ends_with("terragrunt.hcl") && uses(path));
    found
        .iter()
        .filter_map(|path| path.parent()?.strip_prefix(checkout).ok())
        .map(|dir| dir.display().to_string())
        .collect()
}

/// Whether a line says `source = "…/module"`, with a version behind it or not.
fn is_source(line: &str, module: &str) -> bool {
    let address = line.trim().strip_prefix("source").and_then(|rest| rest.trim_start().strip_prefix('='));
    let address = address.and_then(|rest| rest.trim_start().strip_prefix('"')?.rsplit_once('"'));
    let folder = address.map(|(address, _)| address.split('?').next().unwrap_or_default().trim_end_matches('/'));
    folder.is_some_and(|folder| folder.rsplit('/').next() == Some(module))
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

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: &str = "resource \"flux_bootstrap_git\" \"this\" {}\n";

    fn found(files: &[(&str, &str)]) -> Result<Option<Code>, String> {
        let checkout = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = checkout.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let at = Whereabouts { checkout: Some(checkout.path().to_owned()), ..Whereabouts::default() };
        Code::find(&at).map_err(|failure| failure.render())
    }

    #[test]
    fn of_two_modules_that_could_be_meant_none_is_taken_and_both_are_named() {
        let provider = "terraform { required_providers { flux = { source = \"fluxcd/flux\" } } }\n";
        for text in [BLOCK, provider] {
            let said = found(&[("modules/a/main.tf", text), ("modules/b/flux.tf", text)]).unwrap_err();
            assert!(said.contains("modules/a and modules/b in ") && said.contains("--terraform"), "{said}");
        }
        // Who only names the provider around it has nothing in the state that would go.
        let code = found(&[("live/versions.tf", provider), ("modules/b/flux.tf", BLOCK)]).unwrap().unwrap();
        assert_eq!((code.folder.as_str(), code.retirement.bootstraps), ("modules/b", true));
        let image = "locals { image = \"ghcr.io/fluxcd/flux-cli:v2\" }\n";
        assert_eq!(found(&[("tools/main.tf", image)]).unwrap(), None);
    }

    #[test]
    fn a_unit_uses_a_module_however_its_address_ends() {
        for address in [
            "../../modules/flux",
            "git::https://example.org/infra.git//modules/flux?ref=v1.2.3",
            "${get_repo_root()}/modules//flux?depth=1",
            "tfr:///org/infra//flux/?version=1.0",
        ] {
            let unit = format!("terraform {{\n  source = \"{address}\" # pinned\n}}\n");
            let code = found(&[("modules/flux/main.tf", BLOCK), ("live/prod/terragrunt.hcl", unit.as_str())])
                .unwrap()
                .unwrap();
            assert_eq!(code.units, ["live/prod"], "{address}");
            assert_eq!(code.farewell.commands, ["terragrunt state rm 'flux_bootstrap_git.this'"]);
        }
        let other = "terraform {\n  source = \"../../modules/flux-operator\"\n}\n";
        let code = found(&[("modules/flux/main.tf", BLOCK), ("live/prod/terragrunt.hcl", other)]).unwrap().unwrap();
        assert!(code.units.is_empty(), "{:?}", code.units);
    }
}
