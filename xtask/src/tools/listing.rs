//! Which tools there are and which are missing, for people and for the harness.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::cache::{Cache, Place};
use super::catalog::{Binary, RECIPES, Recipe};
use super::go;
use super::pins::Pins;

/// A tool, and where it is or why it is not there.
#[derive(Debug)]
pub(super) struct Tool {
    pub(super) recipe: &'static Recipe,
    pub(super) binary: &'static Binary,
    /// The version that is pinned.
    pub(super) version: String,
    /// The folder of the cache in which it is, or would be.
    pub(super) home: PathBuf,
    pub(super) state: Result<Place, String>,
}

impl Tool {
    /// The folder that the program reads at run time, if it has one.
    pub(super) fn beside(&self) -> Option<PathBuf> {
        let vendored = self.recipe.vendored.as_ref()?;
        self.state.is_ok().then(|| self.home.join(vendored.copy))
    }
}

/// Every tool of the catalog. `tools` is the folder of the pins.
pub(super) fn take(tools: &Path, cache: &Cache) -> Result<Vec<Tool>, String> {
    let mut found = Vec::new();
    for recipe in RECIPES {
        let pins = Pins::read(tools, recipe)?;
        for binary in recipe.binaries {
            found.push(Tool {
                recipe,
                binary,
                version: pins.version.clone(),
                home: cache.folder(recipe, &pins),
                state: cache.find(recipe, binary, &pins).ok_or_else(|| absence(cache, recipe, binary, &pins)),
            });
        }
    }
    Ok(found)
}

/// Why a binary is not there.
pub(super) fn absence(cache: &Cache, recipe: &Recipe, binary: &Binary, pins: &Pins) -> String {
    match std::fs::read_to_string(cache.log(recipe, binary, pins)) {
        Ok(said) => {
            format!("its last build failed: {}; again: cargo xtask tools {}", go::telling(&said), binary.name)
        }
        Err(_) => format!("not built: cargo xtask tools {}", binary.name),
    }
}

/// The state as JSON: `path` is the folder with a link for each tool that is there.
pub(super) fn json(folder: &Path, tools: &[Tool]) -> Value {
    let tools: Vec<Value> = tools
        .iter()
        .map(|tool| {
            let mut entry =
                json!({ "name": tool.binary.name, "version": tool.version, "onDemand": tool.recipe.on_demand });
            match &tool.state {
                Ok(place) => {
                    entry["state"] = json!("found");
                    entry["path"] = json!(place.path());
                    entry["from"] = json!(source(place));
                }
                Err(reason) => {
                    entry["state"] = json!("missing");
                    entry["reason"] = json!(reason);
                }
            }
            if let Some(beside) = tool.beside() {
                entry["folder"] = json!(beside);
            }
            entry
        })
        .collect();
    json!({ "path": folder, "tools": tools })
}

/// The state as lines.
pub(super) fn text(tools: &[Tool]) -> String {
    let mut lines = String::new();
    for tool in tools {
        let state = match &tool.state {
            Ok(place) => format!("{:<8} {}", "found", place.path().display()),
            Err(reason) => format!("{:<8} {reason}", "missing"),
        };
        lines.push_str(&format!("{:<24} {:<9} {state}\n", tool.binary.name, tool.version));
    }
    lines
}

/// Where a tool came from, in the words of the JSON.
pub(super) fn source(place: &Place) -> &'static str {
    match place {
        Place::Cached(_) => "cache",
        Place::Assets(_) => "KUBEBUILDER_ASSETS",
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::super::view;
    use super::*;

    /// A cache in which only `there` was built.
    fn cache_with(there: &[&str]) -> (TempDir, Cache) {
        let folder = TempDir::new().unwrap();
        let cache = Cache { root: folder.path().to_owned(), assets: None };
        for tool in take(&pins(), &cache).unwrap().iter().filter(|tool| there.contains(&tool.binary.name)) {
            fs::create_dir_all(&tool.home).unwrap();
            fs::write(tool.home.join(tool.binary.name), "").unwrap();
            if let Some(vendored) = &tool.recipe.vendored {
                fs::create_dir_all(tool.home.join(vendored.copy)).unwrap();
            }
        }
        (folder, cache)
    }

    fn pins() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../e2e/tools")
    }

    #[test]
    fn a_missing_tool_is_listed_by_its_name_and_a_found_one_with_its_place() {
        let (folder, cache) = cache_with(&["etcd", "flux-operator"]);
        let tools = take(&pins(), &cache).unwrap();
        let listed = json(Path::new("/lab"), &tools);
        let entry = |name: &str| {
            let all = listed["tools"].as_array().unwrap();
            all.iter().find(|entry| entry["name"] == name).cloned().unwrap()
        };
        assert_eq!(listed["path"], "/lab");
        assert_eq!(entry("etcd")["state"], "found");
        assert_eq!(entry("etcd")["from"], "cache");
        assert!(entry("etcd")["path"].as_str().unwrap().starts_with(folder.path().to_str().unwrap()));
        assert!(entry("flux-operator")["folder"].as_str().unwrap().ends_with("/flux-operator-config"));
        assert_eq!(entry("helm")["state"], "missing");
        assert_eq!(entry("helm")["reason"], "not built: cargo xtask tools helm");
        assert_eq!((&entry("helm")["onDemand"], &entry("tofu")["onDemand"]), (&json!(false), &json!(true)));
        let missing = text(&tools).lines().filter(|line| line.contains(" missing ")).count();
        assert_eq!(missing, tools.len() - 2);
    }

    #[test]
    fn the_view_holds_a_link_for_what_is_there_and_loses_it_with_the_tool() {
        let (_folder, cache) = cache_with(&["etcd", "flux-operator"]);
        let tools = take(&pins(), &cache).unwrap();
        let view = view::folder(&cache, &tools);
        view::refresh(&view, &tools).unwrap();
        let names = || {
            let mut names: Vec<String> =
                fs::read_dir(&view).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        };
        assert_eq!(names(), ["etcd", "flux-operator", "flux-operator-config"]);
        fs::remove_dir_all(&tools[0].home).unwrap();
        view::refresh(&view, &take(&pins(), &cache).unwrap()).unwrap();
        assert_eq!(names(), ["flux-operator", "flux-operator-config"]);
    }
}
