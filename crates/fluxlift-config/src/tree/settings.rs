//! fluxlift's own settings: the root `fluxlift.hcl`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::block::{self, Reader};
use super::{Place, Session, discovery};
use crate::ConfigError;
use crate::error::Outcome;
use crate::eval::{Evaluator, NoNames};
use crate::functions::Context;
use crate::syntax::SourceFile;

/// The settings of a tree.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The tree's root: the folder of the root `fluxlift.hcl`, else the repository's root.
    pub root: PathBuf,
    /// The file, where there is one.
    pub file: Option<PathBuf>,
    /// Which module sources, as globs, are native modules.
    pub modules: BTreeMap<String, String>,
    /// Where state is kept.
    pub state: StateSettings,
    /// How secrets are opened.
    pub sops: SopsSettings,
}

/// `state { path, recipients }`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StateSettings {
    /// The folder, absolute; `None` leaves the choice to the engine.
    pub path: Option<PathBuf>,
    /// The age recipients that state is encrypted for.
    pub recipients: Vec<String>,
}

/// `sops { age_key_file }`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SopsSettings {
    /// A file with age keys, absolute.
    pub age_key_file: Option<PathBuf>,
}

impl Settings {
    /// Finds and reads the settings for `working_dir`.
    pub(super) fn load(session: &Session, working_dir: &Path) -> Result<Self, ConfigError> {
        for path in discovery::settings_files(working_dir, &session.repo_root) {
            let read = session.sources.file(&path);
            let file = read.map_err(|source| ConfigError::Read { path: path.clone(), source })??;
            if native_module(session, &file)?.is_none() {
                return Ok(read_settings(session, &file)?);
            }
        }
        Ok(Self { root: session.repo_root.clone(), ..Self::default() })
    }
}

/// The native module that a module folder's `fluxlift.hcl` names.
pub(super) fn native_module(session: &Session, file: &SourceFile) -> Outcome<Option<String>> {
    let place = Place::unit(file.dir(), "");
    let context = Context { session, place: &place };
    Reader { e: Evaluator::new(&context, &file.source, &NoNames), body: &file.body }.text("native")
}

fn read_settings(session: &Session, file: &SourceFile) -> Outcome<Settings> {
    let place = Place::unit(file.dir(), "");
    let context = Context { session, place: &place };
    let e = Evaluator::new(&context, &file.source, &NoNames);
    block::only(&file.source, &file.body, "fluxlift.hcl", &["modules"], &["state", "sops"])?;
    let mut settings =
        Settings { root: file.dir().to_owned(), file: Some(file.source.path.clone()), ..Settings::default() };
    let top = Reader { e, body: &file.body };
    if let Some(modules) = top.value("modules")? {
        let pairs = modules
            .as_map()
            .map(|map| map.iter().map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned()))).collect::<Option<_>>());
        match (pairs.flatten(), top.attribute("modules")) {
            (Some(pairs), _) => settings.modules = pairs,
            (None, Some(attribute)) => {
                return Err(e.fault(&attribute.value, "`modules` must map globs of sources to names of native modules"));
            }
            (None, None) => {}
        }
    }
    for block in file.body.get_blocks("state") {
        block::only(&file.source, &block.body, "state", &["path", "recipients"], &[])?;
        let reader = Reader { e, body: &block.body };
        settings.state = StateSettings {
            path: reader.text("path")?.map(|path| settings.root.join(path)),
            recipients: reader.texts("recipients")?.unwrap_or_default(),
        };
    }
    for block in file.body.get_blocks("sops") {
        block::only(&file.source, &block.body, "sops", &["age_key_file"], &[])?;
        let reader = Reader { e, body: &block.body };
        settings.sops.age_key_file = reader.text("age_key_file")?.map(|path| settings.root.join(path));
    }
    Ok(settings)
}
