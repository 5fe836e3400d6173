//! The age keys that files are opened with.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::SopsError;
use crate::Environment;

/// Age keys. `Debug` shows their public halves only.
#[derive(Clone, Default)]
pub struct Identities(Vec<age::x25519::Identity>);

impl Identities {
    /// All keys that SOPS would use: `SOPS_AGE_KEY`, `SOPS_AGE_KEY_FILE`, the user's `sops/age/keys.txt`, and `more`,
    /// the file that the tree's settings name.
    ///
    /// # Errors
    /// When a file that was named does not exist, or something is not an age key.
    pub fn find(env: &Environment, more: Option<&Path>) -> Result<Self, SopsError> {
        let mut found = Self::default();
        if let Some(keys) = env.get("SOPS_AGE_KEY") {
            found.add("SOPS_AGE_KEY", keys)?;
        }
        let named = env.get("SOPS_AGE_KEY_FILE").map(PathBuf::from);
        for path in named.iter().map(PathBuf::as_path).chain(more) {
            found.add_file(path)?;
        }
        let config = env.get("XDG_CONFIG_HOME").map(PathBuf::from);
        let config = config.or_else(|| env.home.as_ref().map(|home| home.join(".config")));
        if let Some(path) = config.map(|dir| dir.join("sops/age/keys.txt")).filter(|path| path.is_file()) {
            found.add_file(&path)?;
        }
        Ok(found)
    }

    /// The keys in `text`, one a line; `#` begins a comment. `origin` is only named in errors.
    ///
    /// # Errors
    /// When a line is something else.
    pub fn parse(origin: &str, text: &str) -> Result<Self, SopsError> {
        let mut found = Self::default();
        found.add(origin, text)?;
        Ok(found)
    }

    /// The public halves.
    pub fn recipients(&self) -> Vec<String> {
        self.0.iter().map(|identity| identity.to_public().to_string()).collect()
    }

    /// The keys.
    pub fn keys(&self) -> &[age::x25519::Identity] {
        &self.0
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The keys, as age takes them.
    pub fn iter(&self) -> impl Iterator<Item = &dyn age::Identity> {
        self.0.iter().map(|identity| identity as &dyn age::Identity)
    }

    fn add_file(&mut self, path: &Path) -> Result<(), SopsError> {
        let text = std::fs::read_to_string(path).map_err(|source| SopsError::Read { path: path.to_owned(), source })?;
        self.add(&path.display().to_string(), &text)
    }

    fn add(&mut self, origin: &str, text: &str) -> Result<(), SopsError> {
        for (i, line) in text.lines().map(str::trim).enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let identity = age::x25519::Identity::from_str(line)
                .map_err(|_| SopsError::BadKey { origin: origin.to_owned(), line: i + 1 })?;
            self.0.push(identity);
        }
        Ok(())
    }
}

impl std::fmt::Debug for Identities {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.recipients()).finish()
    }
}
