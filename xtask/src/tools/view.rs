//! One folder with every tool that was found, for the harness and for people's `PATH`.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::cache::{Cache, Place};
use super::key;
use super::listing::Tool;

/// The folder of this checkout's tools. Another checkout with other pins has another one.
pub(super) fn folder(cache: &Cache, tools: &[Tool]) -> PathBuf {
    let assets = cache.assets.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
    let mut parts: Vec<String> = tools.iter().map(|tool| tool.home.display().to_string()).collect();
    parts.push(assets);
    cache.root.join(format!("lab-{}", key::short(&parts.iter().map(String::as_str).collect::<Vec<_>>())))
}

/// Makes the folder hold a link for each tool that was found, and none for one that was not.
pub(super) fn refresh(folder: &Path, tools: &[Tool]) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    for tool in tools {
        link(folder, tool.binary.name, tool.state.as_ref().ok().map(Place::path))?;
        if let Some(vendored) = &tool.recipe.vendored {
            link(folder, vendored.copy, tool.beside().as_deref())?;
        }
    }
    Ok(())
}

fn link(folder: &Path, name: &str, to: Option<&Path>) -> Result<(), String> {
    let path = folder.join(name);
    if to.is_some() && fs::read_link(&path).ok().as_deref() == to {
        return Ok(());
    }
    let made = match to {
        Some(to) => {
            // A rename replaces the link without a moment in which there is none.
            let fresh = folder.join(format!(".{name}.{}", std::process::id()));
            symlink(to, &fresh).and_then(|()| fs::rename(&fresh, &path))
        }
        None => match fs::remove_file(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
            other => other,
        },
    };
    made.map_err(|e| format!("{}: {e}", path.display()))
}
