//! Where binaries are kept, and where one is found.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::catalog::{Binary, Part, Recipe};
use super::key;
use super::pins::Pins;

/// The folders in which tools are looked for.
#[derive(Debug)]
pub(super) struct Cache {
    /// Ours: a folder for each recipe and key.
    pub(super) root: PathBuf,
    /// `KUBEBUILDER_ASSETS`, which comes first for the control plane.
    pub(super) assets: Option<PathBuf>,
}

/// Where a binary was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// Built by us.
    Cached(PathBuf),
    /// In `KUBEBUILDER_ASSETS`; its version is whatever was put there.
    Assets(PathBuf),
}

impl Place {
    pub(super) fn path(&self) -> &Path {
        let (Self::Cached(path) | Self::Assets(path)) = self;
        path
    }
}

impl Cache {
    /// The cache that the environment names: `FLUXLIFT_TOOLS`, else a folder in the user's cache folder.
    pub(super) fn of_environment(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, String> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let root = set("FLUXLIFT_TOOLS")
            .or_else(|| set("XDG_CACHE_HOME").map(|folder| folder.join("fluxlift/tools")))
            .or_else(|| set("HOME").map(|folder| folder.join(".cache/fluxlift/tools")))
            .ok_or("there is no folder for the tools: set FLUXLIFT_TOOLS (or XDG_CACHE_HOME, or HOME)")?;
        let root = std::path::absolute(&root).map_err(|e| format!("{}: {e}", root.display()))?;
        Ok(Self { root, assets: set("KUBEBUILDER_ASSETS") })
    }

    /// The folder of what `recipe` makes from `pins`.
    pub(super) fn folder(&self, recipe: &Recipe, pins: &Pins) -> PathBuf {
        self.root.join(format!("{}-{}", recipe.folder, key::of(recipe, pins)))
    }

    /// Where Go's complaints about `binary` are kept, if its last build failed.
    pub(super) fn log(&self, recipe: &Recipe, binary: &Binary, pins: &Pins) -> PathBuf {
        self.folder(recipe, pins).join(format!("{}.log", binary.name))
    }

    /// Where `binary` is, with the folder that it reads if it has one.
    pub(super) fn find(&self, recipe: &Recipe, binary: &Binary, pins: &Pins) -> Option<Place> {
        if recipe.part == Part::ControlPlane
            && let Some(path) =
                self.assets.as_ref().map(|folder| folder.join(binary.name)).filter(|path| path.is_file())
        {
            return Some(Place::Assets(path));
        }
        let folder = self.folder(recipe, pins);
        let whole = recipe.vendored.as_ref().is_none_or(|vendored| folder.join(vendored.copy).is_dir());
        let path = folder.join(binary.name);
        (whole && path.is_file()).then_some(Place::Cached(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(variables: &[(&str, &str)]) -> Result<PathBuf, String> {
        let of = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| OsString::from(value));
        Cache::of_environment(of).map(|cache| cache.root)
    }

    #[test]
    fn the_cache_is_where_the_environment_says_and_never_in_the_checkout_by_itself() {
        let all = [("FLUXLIFT_TOOLS", "/t"), ("XDG_CACHE_HOME", "/x"), ("HOME", "/h")];
        assert_eq!(root(&all), Ok("/t".into()));
        assert_eq!(root(&all[1..]), Ok("/x/fluxlift/tools".into()));
        assert_eq!(root(&all[2..]), Ok("/h/.cache/fluxlift/tools".into()));
        assert_eq!(root(&[("FLUXLIFT_TOOLS", ""), ("HOME", "/h")]), Ok("/h/.cache/fluxlift/tools".into()));
        assert!(root(&[]).is_err_and(|e| e.contains("FLUXLIFT_TOOLS")));
    }
}
