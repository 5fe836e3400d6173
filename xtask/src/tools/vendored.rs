//! Building a module that embeds files which its published form lacks.
//!
//! Go refuses to overlay files of its module cache, so the module is vendored into a scratch folder, where a
//! placeholder can be put, and built from there.

use std::fs;
use std::path::{Path, PathBuf};

use super::catalog::{Recipe, Vendored};
use super::go::Go;
use super::pins::Pins;

/// A scratch folder, gone when this is dropped.
#[derive(Debug)]
pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays behind is overwritten by the next build.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Makes a folder below `out` from which `recipe` builds with `-mod=vendor`.
pub(super) fn prepare(
    recipe: &Recipe,
    vendored: &Vendored,
    pins: &Pins,
    go: &Go,
    out: &Path,
    log: &Path,
) -> Result<Scratch, String> {
    let scratch = Scratch(out.join(".vendored"));
    let folder = scratch.path();
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(at(folder))?;
    }
    fs::create_dir_all(folder).map_err(at(folder))?;
    for (name, text) in [("go.mod", &pins.go_mod), ("go.sum", &pins.go_sum)] {
        let path = folder.join(name);
        fs::write(&path, text).map_err(at(&path))?;
    }
    // `-e`: the files that are missing are those that we add.
    go.run(folder, log, &["mod", "vendor", "-e"])?;
    let placeholder = folder.join("vendor").join(recipe.module).join(vendored.placeholder);
    if !placeholder.exists() {
        let parent = placeholder.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(at(parent))?;
        fs::write(&placeholder, "").map_err(at(&placeholder))?;
    }
    Ok(scratch)
}

/// Puts a writable copy of the module's folder beside the binary.
pub(super) fn copy_folder(
    recipe: &Recipe,
    vendored: &Vendored,
    pins: &Pins,
    go: &Go,
    out: &Path,
    log: &Path,
) -> Result<(), String> {
    // Go tells where a module lies only once it lies somewhere.
    go.run(&pins.folder, log, &["mod", "download", recipe.module])?;
    let module = go.run(&pins.folder, log, &["list", "-mod=readonly", "-m", "-f", "{{.Dir}}", recipe.module])?;
    let partial = out.join(".copy.partial");
    if partial.exists() {
        fs::remove_dir_all(&partial).map_err(at(&partial))?;
    }
    copy(&Path::new(module.trim()).join(vendored.folder), &partial)?;
    let whole = out.join(vendored.copy);
    if whole.exists() {
        fs::remove_dir_all(&whole).map_err(at(&whole))?;
    }
    fs::rename(&partial, &whole).map_err(at(&whole))
}

/// Copies a folder's contents, and not its permissions: a module cache is read-only.
fn copy(from: &Path, to: &Path) -> Result<(), String> {
    fs::create_dir_all(to).map_err(at(to))?;
    for entry in fs::read_dir(from).map_err(at(from))? {
        let entry = entry.map_err(at(from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().map_err(at(&source))?.is_dir() {
            copy(&source, &target)?;
        } else {
            let bytes = fs::read(&source).map_err(at(&source))?;
            fs::write(&target, bytes).map_err(at(&target))?;
        }
    }
    Ok(())
}

fn at(path: &Path) -> impl Fn(std::io::Error) -> String {
    move |e| format!("{}: {e}", path.display())
}
