//! One run over one tree: options, settings and everything that is done only once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use fluxlift_core::Value;

use super::Settings;
use crate::LoadOptions;
use crate::sops::{self, Format, Identities, SopsError};
use crate::syntax::{SourceCache, lock};

/// A result that is kept for the rest of the run.
type Kept<T, E> = Result<T, Arc<E>>;
/// A command: the folder of its cache, and its arguments.
type CommandKey = (PathBuf, Vec<String>);

/// A run.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) options: LoadOptions,
    pub(crate) repo_root: PathBuf,
    pub(crate) sources: SourceCache,
    pub(crate) settings: Settings,
    identities: OnceLock<Kept<Identities, SopsError>>,
    decrypted: Mutex<BTreeMap<PathBuf, Kept<Arc<str>, SopsError>>>,
    commands: Mutex<BTreeMap<CommandKey, Result<String, String>>>,
    /// What `read_terragrunt_config` gave, by file, unit and command.
    pub(super) configs: Mutex<BTreeMap<(PathBuf, PathBuf, String), Value>>,
}

impl Session {
    /// A run without settings yet.
    pub(crate) fn new(options: LoadOptions, repo_root: PathBuf) -> Self {
        Self {
            options,
            sources: SourceCache::new(repo_root.clone()),
            settings: Settings::default(),
            repo_root,
            identities: OnceLock::new(),
            decrypted: Mutex::default(),
            commands: Mutex::default(),
            configs: Mutex::default(),
        }
    }

    /// The decrypted content of `path`, decrypted once.
    pub(crate) fn decrypted(&self, path: &Path) -> Kept<Arc<str>, SopsError> {
        if let Some(kept) = lock(&self.decrypted).get(path) {
            return kept.clone();
        }
        let result = self.decrypt(path).map(Arc::from);
        lock(&self.decrypted).insert(path.to_owned(), result.clone());
        result
    }

    fn decrypt(&self, path: &Path) -> Kept<String, SopsError> {
        let source = self.sources.text(path);
        let source = source.map_err(|source| SopsError::Read { path: self.sources.shown(path), source })?;
        let identities = self.identities.get_or_init(|| {
            Identities::find(&self.options.env, self.settings.sops.age_key_file.as_deref()).map_err(Arc::new)
        });
        let identities = identities.as_ref().map_err(Arc::clone)?;
        Ok(sops::decrypt(&source.shown, &source.text, Format::of_path(path), identities)?)
    }

    /// What the command `argv` printed in `dir`, run once for each `cache` folder.
    pub(crate) fn command(&self, cache: &Path, dir: &Path, argv: &[String]) -> Result<String, String> {
        let key = (cache.to_owned(), argv.to_vec());
        if let Some(kept) = lock(&self.commands).get(&key) {
            return kept.clone();
        }
        let result = self.options.runner.run(dir, argv, &self.options.env);
        lock(&self.commands).insert(key, result.clone());
        result
    }
}
