//! Loading a tree.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fluxlift_core::{Diagnostic, UnitPath};

use super::dependency::OutputSource;
use super::evaluate::{self, Evaluated};
use super::opened::Opened;
use super::unit::{self, UnitFile};
use super::{Place, Session, Settings, discovery};
use crate::error::{Fault, Outcome};
use crate::functions::normal;
use crate::graph::Graph;
use crate::{ConfigError, LoadOptions};

/// A loaded tree.
///
/// Files are read and parsed once, when they are first needed, and kept.
#[derive(Debug)]
pub struct Tree {
    session: Session,
    working_dir: PathBuf,
    units: BTreeMap<UnitPath, UnitFile>,
    graph: Graph,
}

impl Tree {
    /// Loads the tree, or the one unit, in the working folder.
    ///
    /// # Errors
    /// All faults that were found: one for each unit that can't be read, a cycle, a missing unit.
    pub fn load(mut options: LoadOptions) -> Result<Self, ConfigError> {
        let given = &options.working_dir;
        let working_dir = given.canonicalize().map_err(|source| ConfigError::Read { path: given.clone(), source })?;
        options.working_dir.clone_from(&working_dir);
        let mut session = Session::new(options, discovery::repo_root(&working_dir));
        session.settings = Settings::load(&session, &working_dir)?;
        let dirs = discovery::units(&working_dir)?;
        if dirs.is_empty() {
            return Err(ConfigError::NoUnits(working_dir));
        }
        let mut units = BTreeMap::new();
        let mut faults: Vec<Diagnostic> = Vec::new();
        for dir in &dirs {
            match load_unit(&session, &working_dir, dir, &session.options.command)? {
                Ok((unit, _)) => drop(units.insert(unit.path.clone(), unit)),
                // The same fault in a file that many units include is told once.
                Err(fault) if faults.contains(&fault.diagnostic) => {}
                Err(fault) => faults.push(*fault.diagnostic),
            }
        }
        if !faults.is_empty() {
            return Err(ConfigError::Invalid(faults));
        }
        let graph = Graph::of(&units).map_err(|ring| cycle(&session, &units, &ring))?;
        Ok(Self { session, working_dir, units, graph })
    }

    /// The units by path.
    pub const fn units(&self) -> &BTreeMap<UnitPath, UnitFile> {
        &self.units
    }

    /// The unit `path`.
    ///
    /// # Errors
    /// When the tree has none of that name.
    pub fn unit(&self, path: &UnitPath) -> Result<&UnitFile, ConfigError> {
        self.units.get(path).ok_or_else(|| ConfigError::NoSuchUnit(path.clone()))
    }

    /// Who needs whom.
    pub const fn graph(&self) -> &Graph {
        &self.graph
    }

    /// fluxlift's own settings.
    pub const fn settings(&self) -> &Settings {
        &self.session.settings
    }

    /// The working folder, absolute.
    pub fn working_dir(&self) -> &Path {
        &self.working_dir
    }

    /// The root of the repository, which `get_repo_root()` answers.
    pub fn repo_root(&self) -> &Path {
        &self.session.repo_root
    }

    /// The folder of a unit, which may be outside the working folder.
    pub fn dir_of(&self, unit: &UnitPath) -> PathBuf {
        normal(&self.working_dir.join(unit.as_str()))
    }

    /// The name of a unit that does not depend on the working folder: its folder relative to the tree's root. State is
    /// kept under it.
    pub fn key_of(&self, unit: &UnitPath) -> UnitPath {
        unit::unit_path(&self.session.settings.root, &self.dir_of(unit))
    }

    /// The content of `path`, decrypted with the tree's age keys; it is read and decrypted once. For the checks that run
    /// before anything else.
    ///
    /// # Errors
    /// When it can't be read, or no key opens it.
    pub fn decrypt_file(
        &self,
        path: &Path,
    ) -> Result<fluxlift_core::Secret<String>, std::sync::Arc<crate::sops::SopsError>> {
        self.session.decrypted(&normal(&self.working_dir.join(path))).map(|text| text.to_string().into())
    }

    /// How many files were read so far. Each is read once.
    pub fn files_read(&self) -> usize {
        self.session.sources.files_read()
    }

    /// Evaluates `unit` for `command`, with the outputs that `outputs` knows.
    ///
    /// Mock outputs serve every command that they allow but `apply` and `destroy`. Without outputs and mocks, `apply`
    /// refuses to go on where an output is used; for other commands it is unknown.
    ///
    /// # Errors
    /// When an expression can't be evaluated.
    pub fn inputs(&self, unit: &UnitPath, command: &str, outputs: &dyn OutputSource) -> Result<Evaluated, ConfigError> {
        let dir = self.unit(unit)?.dir.clone();
        let (unit, opened) = load_unit(&self.session, &self.working_dir, &dir, command)??;
        Ok(evaluate::evaluate(&self.session, &unit, &opened, command, outputs)?)
    }
}

/// Reads the unit in `dir`. A file that can't be read is an error of its own, a fault is one of the tree's.
fn load_unit(
    session: &Session,
    working_dir: &Path,
    dir: &Path,
    command: &str,
) -> Result<Outcome<(UnitFile, Opened)>, ConfigError> {
    let values = dir.join(discovery::VALUES_FILE);
    if values.is_file() {
        let text = session.sources.text(&values).map_err(|source| ConfigError::Read { path: values, source })?;
        return Ok(Err(Fault::at(&text, None, "the values of a stack are not supported yet, here").fatal()));
    }
    let path = dir.join(discovery::UNIT_FILE);
    let file = session.sources.file(&path).map_err(|source| ConfigError::Read { path, source })?;
    Ok(file.and_then(|file| {
        let opened = Opened::open(session, file, Place::unit(dir, command), true)?;
        let unit = unit::read(session, working_dir, dir, &opened)?;
        Ok((unit, opened))
    }))
}

/// The ring as an error at the place where it closes.
fn cycle(session: &Session, units: &BTreeMap<UnitPath, UnitFile>, ring: &[UnitPath]) -> ConfigError {
    let names: Vec<&str> = ring.iter().map(UnitPath::as_str).collect();
    let message = format!("units need each other in a circle: {}", names.join(" → "));
    let edge = ring.first().zip(ring.get(1)).and_then(|(from, to)| {
        let unit = units.get(from)?;
        Some((unit, unit.edges.iter().find(|edge| edge.to == *to)?))
    });
    let Some((unit, edge)) = edge else {
        return ConfigError::Invalid(Vec::new());
    };
    let source = unit.files.iter().filter_map(|path| session.sources.text(path).ok());
    let source = source.into_iter().find(|source| source.shown == edge.location.file);
    let Some(source) = source else {
        return ConfigError::Invalid(Vec::new());
    };
    let start = offset(&source.text, edge.location.line, edge.location.column);
    let length = source.text[start..].find(['\n', ',', ']']).unwrap_or(0);
    Fault::at(&source, Some(start..start + length), message)
        .hint("take away one of these dependencies, or order them by hand")
        .into()
}

/// The byte at a line and a column, both from 1.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let within: usize = text[start..].chars().take(column.saturating_sub(1)).map(char::len_utf8).sum();
    start + within
}
