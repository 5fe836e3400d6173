//! What a unit runs.

use std::path::{Path, PathBuf};

use super::{Session, discovery, settings};
use crate::error::{Fault, Outcome};
use crate::functions::glob_matches;

/// What a unit runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModuleRef {
    /// A native module.
    Native {
        /// Its name, such as `flux_operator`.
        name: String,
        /// The source as the tree spells it.
        source: String,
        /// The module's folder, where the source is one.
        dir: Option<PathBuf>,
    },
    /// A Terraform or OpenTofu module.
    Terraform {
        /// The source as the tree spells it.
        source: String,
        /// The module's folder, where the source is one.
        dir: Option<PathBuf>,
    },
    /// Nothing: the unit has no source, as when its file holds only comments.
    None,
}

impl ModuleRef {
    /// The native module's name.
    pub fn native(&self) -> Option<&str> {
        match self {
            Self::Native { name, .. } => Some(name),
            _ => None,
        }
    }
}

/// Finds the module behind `source`. `wrong` makes a fault at the place where it is written.
pub(super) fn resolve(
    session: &Session,
    unit_dir: &Path,
    source: String,
    wrong: impl Fn(String) -> Fault,
) -> Outcome<ModuleRef> {
    let dir = folder(unit_dir, &source);
    if let Some(dir) = &dir {
        if !dir.is_dir() {
            let shown = session.sources.shown(dir);
            return Err(wrong(format!("the module's folder {} does not exist", shown.display())));
        }
        let settings = dir.join(discovery::SETTINGS_FILE);
        if settings.is_file() {
            let read = session.sources.file(&settings);
            let file =
                read.map_err(|error| wrong(format!("{} could not be read: {}", settings.display(), error.kind())))??;
            if let Some(name) = settings::native_module(session, &file)? {
                return Ok(ModuleRef::Native { name, source, dir: Some(dir.clone()) });
            }
        }
    }
    let in_repo = dir.as_deref().map(|dir| session.sources.shown(dir).display().to_string());
    let named = session.settings.modules.iter().find(|(glob, _)| {
        glob_matches(glob, &source) || in_repo.as_deref().is_some_and(|path| glob_matches(glob, path))
    });
    Ok(match named {
        Some((_, name)) => ModuleRef::Native { name: name.clone(), source, dir },
        None => ModuleRef::Terraform { source, dir },
    })
}

/// The folder that a local source names: a path, where `//` parts the package from the module inside it.
fn folder(unit_dir: &Path, source: &str) -> Option<PathBuf> {
    let path = source.strip_prefix("file://").unwrap_or(source);
    let local = path.starts_with(['/', '.']);
    let path = path.split('?').next().unwrap_or(path);
    local.then(|| crate::functions::normal(&unit_dir.join(path.replace("//", "/"))))
}
