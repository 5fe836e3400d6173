//! Building one tool into the cache.

use std::fs::{self, File};
use std::time::{Duration, Instant};

use super::cache::{Cache, Place};
use super::catalog::{Binary, Recipe};
use super::go::Go;
use super::pins::Pins;
use super::{key, vendored};

/// How a tool came to be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Made {
    /// It was there.
    Found(Place),
    /// It was built in this time.
    Built(Duration),
}

/// Sees to it that `binary` is there. Two runs at once build it once: the second waits and finds it.
pub(super) fn ensure(cache: &Cache, recipe: &Recipe, binary: &Binary, pins: &Pins, go: &Go) -> Result<Made, String> {
    if let Some(place) = cache.find(recipe, binary, pins) {
        return Ok(Made::Found(place));
    }
    go.check()?;
    let out = cache.folder(recipe, pins);
    fs::create_dir_all(&out).map_err(|e| format!("{}: {e}", out.display()))?;
    let lock = out.join(".lock");
    let lock = File::create(&lock)
        .and_then(|file| file.lock().map(|()| file))
        .map_err(|e| format!("{}: {e}", lock.display()))?;
    if let Some(place) = cache.find(recipe, binary, pins) {
        return Ok(Made::Found(place));
    }
    let started = Instant::now();
    let log = cache.log(recipe, binary, pins);
    let scratch = match &recipe.vendored {
        Some(vendored) => {
            vendored::copy_folder(recipe, vendored, pins, go, &out, &log)?;
            Some(vendored::prepare(recipe, vendored, pins, go, &out, &log)?)
        }
        None => None,
    };
    let partial = out.join(format!(".{}.partial", binary.name));
    let mut arguments = vec!["build".to_owned()];
    arguments.extend(key::flags(recipe, pins));
    if scratch.is_none() {
        arguments.push("-mod=readonly".to_owned());
    }
    arguments.extend(["-o".to_owned(), partial.display().to_string(), binary.package.to_owned()]);
    go.run(scratch.as_ref().map_or(pins.folder.as_path(), vendored::Scratch::path), &log, &arguments)?;
    let whole = out.join(binary.name);
    fs::rename(&partial, &whole).map_err(|e| format!("{}: {e}", whole.display()))?;
    drop(lock);
    Ok(Made::Built(started.elapsed()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::{Path, PathBuf};

    use tempfile::TempDir;

    use super::super::catalog::RECIPES;
    use super::super::listing;
    use super::*;

    struct House {
        folder: TempDir,
        cache: Cache,
        go: Go,
    }

    impl House {
        fn new() -> Self {
            let folder = TempDir::new().unwrap();
            let go = folder.path().join("go");
            // A link and not a copy: a program that was just written may be "busy" while another test forks.
            symlink(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fake-go"), &go).unwrap();
            let data = folder.path().join("module/config/data");
            fs::create_dir_all(&data).unwrap();
            fs::write(data.join("a.yaml"), "a: 1\n").unwrap();
            fs::set_permissions(data.join("a.yaml"), fs::Permissions::from_mode(0o444)).unwrap();
            let cache = Cache { root: folder.path().join("cache"), assets: None };
            Self { cache, go: Go::called(go), folder }
        }

        fn ensure(&self, name: &str) -> Result<Made, String> {
            let (recipe, binary, pins) = recipe(name);
            ensure(&self.cache, recipe, binary, &pins, &self.go)
        }

        fn home(&self, name: &str) -> PathBuf {
            let (recipe, _, pins) = recipe(name);
            self.cache.folder(recipe, &pins)
        }
    }

    fn recipe(name: &str) -> (&'static Recipe, &'static Binary, Pins) {
        let of = |recipe: &'static Recipe| recipe.binaries.iter().find(|b| b.name == name).map(|b| (recipe, b));
        let (recipe, binary) = RECIPES.iter().find_map(of).unwrap();
        (recipe, binary, Pins::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../e2e/tools"), recipe).unwrap())
    }

    #[test]
    fn a_tool_is_built_once_and_then_found() {
        let house = House::new();
        assert!(matches!(house.ensure("kubectl"), Ok(Made::Built(_))));
        let path = house.home("kubectl").join("kubectl");
        assert_eq!(fs::read_to_string(&path).unwrap(), "k8s.io/kubernetes/cmd/kubectl\n");
        assert_eq!(house.ensure("kubectl"), Ok(Made::Found(Place::Cached(path))));
    }

    #[test]
    fn a_module_without_its_embedded_file_is_vendored_and_its_folder_is_copied_writable() {
        let house = House::new();
        assert!(matches!(house.ensure("flux-operator"), Ok(Made::Built(_))));
        let home = house.home("flux-operator");
        let seen = fs::read_to_string(home.join("flux-operator")).unwrap();
        assert!(seen.contains("./vendor/github.com/controlplaneio-fluxcd/flux-operator/web/dist/index.html"), "{seen}");
        let copied = fs::metadata(home.join("flux-operator-config/data/a.yaml")).unwrap();
        assert_eq!(copied.permissions().mode() & 0o200, 0o200);
        assert!(!home.join(".vendored").exists());
    }

    #[test]
    fn a_build_that_fails_says_why_and_leaves_no_binary() {
        let house = House::new();
        let reason = house.ensure("helm").unwrap_err();
        assert!(reason.starts_with("helm.go:1:1: undefined: X (all of it: "), "{reason}");
        assert!(!house.home("helm").join("helm").exists());
        let (recipe, binary, pins) = recipe("helm");
        assert_eq!(
            listing::absence(&house.cache, recipe, binary, &pins),
            "its last build failed: helm.go:1:1: undefined: X; again: cargo xtask tools helm"
        );
    }

    #[test]
    fn without_go_a_tool_that_is_cached_is_found_and_another_is_missing_by_the_lack_of_go() {
        let mut house = House::new();
        house.ensure("etcd").unwrap();
        house.go = Go::called(house.folder.path().join("no-go"));
        assert!(matches!(house.ensure("etcd"), Ok(Made::Found(_))));
        assert_eq!(house.ensure("helm"), Err("Go is not installed".to_owned()));
    }

    #[test]
    fn the_control_plane_may_come_from_kubebuilder_assets_and_flux_may_not() {
        let mut house = House::new();
        let assets = house.folder.path().join("assets");
        fs::create_dir_all(&assets).unwrap();
        for name in ["etcd", "helm"] {
            fs::write(assets.join(name), "").unwrap();
        }
        house.cache.assets = Some(assets.clone());
        assert_eq!(house.ensure("etcd"), Ok(Made::Found(Place::Assets(assets.join("etcd")))));
        assert!(house.ensure("helm").is_err());
        assert!(matches!(house.ensure("kube-apiserver"), Ok(Made::Built(_))));
    }
}
