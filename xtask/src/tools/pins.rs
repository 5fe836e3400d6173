//! What a tool's folder pins: `go.mod`, `go.sum`, and the version in them.

use std::fs;
use std::path::{Path, PathBuf};

use super::catalog::Recipe;

/// The two files of a tool's folder.
#[derive(Debug, Clone)]
pub(super) struct Pins {
    pub(super) folder: PathBuf,
    pub(super) go_mod: String,
    pub(super) go_sum: String,
    /// The version of the recipe's module, `v` included.
    pub(super) version: String,
}

impl Pins {
    /// Reads the folder of `recipe` below `tools`.
    pub(super) fn read(tools: &Path, recipe: &Recipe) -> Result<Self, String> {
        let folder = tools.join(recipe.folder);
        let read = |name: &str| {
            let path = folder.join(name);
            fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))
        };
        let (go_mod, go_sum) = (read("go.mod")?, read("go.sum")?);
        let version = version_of(&go_mod, recipe.module)
            .ok_or_else(|| format!("{}/go.mod does not require {}", folder.display(), recipe.module))?
            .to_owned();
        Ok(Self { folder, go_mod, go_sum, version })
    }

    /// The linker's flags, with the pinned version filled in.
    pub(super) fn ldflags(&self, recipe: &Recipe) -> String {
        let bare = self.version.trim_start_matches('v');
        let mut parts = bare.split('.');
        let (major, minor) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let set =
            recipe.ldflags.replace("{version}", &self.version).replace("{major}", major).replace("{minor}", minor);
        format!("-s -w {set}").trim_end().to_owned()
    }
}

/// The version at which a `go.mod` requires `module`.
fn version_of<'a>(go_mod: &'a str, module: &str) -> Option<&'a str> {
    go_mod.lines().find_map(|line| {
        let line = line.trim();
        let mut words = line.strip_prefix("require ").unwrap_or(line).split_whitespace();
        (words.next() == Some(module)).then(|| words.next()).flatten().filter(|word| word.starts_with('v'))
    })
}

#[cfg(test)]
mod tests {
    use super::super::catalog::RECIPES;
    use super::*;

    #[test]
    fn a_version_is_read_from_a_block_and_from_a_line() {
        let text = "module a\n\nreplace b/c => b/c v0.1.0\n\nrequire (\n\tb/c/d v2.0.0 // indirect\n\tb/c v1.2.3 // indirect\n)\n";
        assert_eq!(version_of(text, "b/c"), Some("v1.2.3"));
        assert_eq!(version_of("require b/c v1.2.3", "b/c"), Some("v1.2.3"));
        assert_eq!(version_of(text, "b"), None);
    }

    #[test]
    fn every_recipe_has_a_folder_that_pins_its_module_and_names_its_packages() {
        let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../e2e/tools");
        for recipe in RECIPES {
            let pins = Pins::read(&tools, recipe).expect("the folder is complete");
            for binary in recipe.binaries {
                let named = pins.go_mod.lines().any(|line| line.split_whitespace().last() == Some(binary.package));
                assert!(named, "{}: go.mod has no tool line for {}", recipe.folder, binary.package);
            }
            assert!(pins.go_sum.contains(&format!("{} {} h1:", recipe.module, pins.version)), "{}", recipe.folder);
        }
    }

    #[test]
    fn the_linker_is_told_the_pinned_version() {
        let recipe = RECIPES.iter().find(|r| r.folder == "kubernetes").expect("it is in the catalog");
        let pins = Pins {
            folder: PathBuf::new(),
            go_mod: String::new(),
            go_sum: String::new(),
            version: "v1.36.3".to_owned(),
        };
        let flags = pins.ldflags(recipe);
        assert!(flags.starts_with("-s -w -X ") && flags.contains("gitVersion=v1.36.3 "), "{flags}");
        assert!(flags.contains("gitMajor=1 ") && flags.ends_with("gitMinor=36"), "{flags}");
    }
}
