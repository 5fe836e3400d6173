//! The files that are checked.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// Text files by their path from the root, `/` between the parts.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    files: BTreeMap<String, String>,
    here: Vec<String>,
}

impl Tree {
    /// What Git tracks below `root`, and what it does not track but does not ignore.
    pub(crate) fn of_git(root: &Path) -> Result<Self, String> {
        let output = Command::new("git")
            .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
            .current_dir(root)
            .output()
            .map_err(|e| format!("git cannot be started: {e}"))?;
        let mut tree = Self::default();
        for path in String::from_utf8_lossy(&output.stdout).split_terminator('\0') {
            // A file that is gone, or that is not text, has nothing to check.
            if let Ok(text) = std::fs::read_to_string(root.join(path)) {
                tree.files.insert(path.to_owned(), text);
            }
        }
        let home = std::env::var("HOME").ok().filter(|home| home.len() > 1).map(|home| format!("{home}/"));
        tree.here = home.into_iter().chain([format!("{}/", root.display())]).collect();
        if tree.files.is_empty() { Err("there are no files to check".to_owned()) } else { Ok(tree) }
    }

    /// A tree of these files, for tests.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        Self {
            files: files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect(),
            here: Vec::new(),
        }
    }

    /// The same, checked out at `here`.
    #[cfg(test)]
    pub(crate) fn at(mut self, here: &str) -> Self {
        self.here.push(here.to_owned());
        self
    }

    /// Where this is checked out, and the home of whoever checks it: places of this machine alone.
    pub(crate) fn here(&self) -> impl Iterator<Item = &str> {
        self.here.iter().map(String::as_str)
    }

    /// Every file: path and text.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The Rust files outside tests, benches and examples: path and text.
    pub(crate) fn product(&self) -> impl Iterator<Item = (&str, &str)> {
        self.all().filter(|(path, _)| {
            path.ends_with(".rs") && !["/tests/", "/benches/", "/examples/"].iter().any(|part| path.contains(part))
        })
    }

    /// Whether there is a file or a folder at `path`.
    pub(crate) fn exists(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        self.files.contains_key(path) || self.files.keys().any(|file| file.starts_with(&folder))
    }

    /// The text of `path`.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }
}

/// The lines of a file before its test module, numbered from 1.
pub(crate) fn lines_before_tests(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().take_while(|(_, line)| line.trim() != "#[cfg(test)]").map(|(i, line)| (i + 1, line))
}
