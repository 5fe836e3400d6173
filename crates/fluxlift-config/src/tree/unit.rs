//! A unit as far as it is known without outputs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fluxlift_core::{Location, UnitPath};
use hcl_edit::Span;
use hcl_edit::structure::Block;

use super::block::{self, Reader};
use super::dependency::Dependency;
use super::layers::Layer;
use super::module::{self, ModuleRef};
use super::opened::Opened;
use super::{Session, dependency_block, discovery};
use crate::error::{Outcome, did_you_mean};
use crate::eval::Evaluator;
use crate::functions::{normal, relative};

/// A unit: its folder, what it needs and what it runs.
#[derive(Debug, Clone)]
pub struct UnitFile {
    /// Its name in the run: the folder relative to the working folder.
    pub path: UnitPath,
    /// The folder.
    pub dir: PathBuf,
    /// What it runs.
    pub module: ModuleRef,
    /// Its `dependency` blocks by label.
    pub dependencies: BTreeMap<String, Dependency>,
    /// All units that it needs, for their outputs or only for the order.
    pub edges: Vec<Edge>,
    /// Whether its own file leaves it out of every run: `skip`.
    pub skip: bool,
    /// When it is left out: `exclude`.
    pub exclude: Option<Exclude>,
    /// Whether destroy refuses it.
    pub prevent_destroy: bool,
    /// The files that it was read from: its own, and those that it includes.
    pub files: Vec<PathBuf>,
}

/// A unit needs another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// The other unit.
    pub to: UnitPath,
    /// Where that is written.
    pub location: Location,
}

/// `exclude { if, actions, no_run, exclude_dependencies }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclude {
    /// Whether it applies at all.
    pub when: bool,
    /// The commands that it applies to; `all` and `all_except_output` are words for several.
    pub actions: Vec<String>,
    /// Whether it applies to runs of this one unit too.
    pub no_run: bool,
    /// Whether the units that it needs are left out with it.
    pub dependencies: bool,
}

impl Exclude {
    /// Whether `command` leaves the unit out.
    pub fn covers(&self, command: &str) -> bool {
        self.when
            && self.actions.iter().any(|action| match action.as_str() {
                "all" => true,
                "all_except_output" => command != "output",
                action => action == command,
            })
    }
}

/// Reads the unit in `dir` from `opened`.
pub(super) fn read(session: &Session, working_dir: &Path, dir: &Path, opened: &Opened) -> Outcome<UnitFile> {
    let layers = Layer::of(opened);
    let mut unit = UnitFile {
        path: unit_path(working_dir, dir),
        dir: dir.to_owned(),
        module: ModuleRef::None,
        dependencies: BTreeMap::new(),
        edges: Vec::new(),
        skip: false,
        exclude: None,
        prevent_destroy: false,
        files: layers.iter().map(|layer| layer.opened.file.source.path.clone()).collect(),
    };
    let mut dependencies = Vec::new();
    for layer in &layers {
        let given = &layer.opened.given;
        let read = |block: &Block| {
            let read = |reader: Reader<'_>| dependency_block::read(&unit, working_dir, block, reader);
            layer.read_body(session, given, &block.body, read)
        };
        dependencies.push((layer.blocks("dependency").map(read).collect::<Outcome<_>>()?, layer.merge));
        for block in layer.blocks("dependencies") {
            layer.read_body(session, given, &block.body, |reader| order(&mut unit, working_dir, reader))?;
        }
        for block in layer.blocks("terraform") {
            layer.read_body(session, given, &block.body, |reader| source(&mut unit, session, reader))?;
        }
        for block in layer.blocks("exclude") {
            unit.exclude = Some(layer.read_body(session, given, &block.body, exclude)?);
        }
        layer.read(session, given, |reader| {
            // Said in the unit's own file or not at all: a file that is included says it of itself.
            unit.skip = reader.boolean("skip")?.unwrap_or(false);
            unit.prevent_destroy = reader.boolean("prevent_destroy")?.unwrap_or(unit.prevent_destroy);
            Ok(())
        })?;
    }
    unit.dependencies = dependency_block::merge_all(dependencies);
    let labelled = unit.dependencies.values();
    let mut edges: Vec<Edge> =
        labelled.map(|d| Edge { to: d.unit.clone(), location: d.location.clone() }).chain(unit.edges).collect();
    edges.sort_by(|a, b| a.to.cmp(&b.to));
    edges.dedup_by(|a, b| a.to == b.to);
    unit.edges = edges;
    Ok(unit)
}

/// The name of the unit in `dir` for a run over `working_dir`.
pub(super) fn unit_path(working_dir: &Path, dir: &Path) -> UnitPath {
    let path = relative(working_dir, dir).to_string_lossy().into_owned();
    // A relative path between two absolute ones always fits the rules of the name, but for names that are not UTF-8.
    UnitPath::new(path).unwrap_or_else(|_| fallback_path())
}

fn fallback_path() -> UnitPath {
    match UnitPath::new(".") {
        Ok(path) => path,
        Err(error) => unreachable!("`.` is a unit path: {error}"),
    }
}

fn order(unit: &mut UnitFile, working_dir: &Path, reader: Reader<'_>) -> Outcome<()> {
    block::only(reader.e.source, reader.body, "dependencies", &["paths"], &[])?;
    let (Some(paths), Some(attribute)) = (reader.texts("paths")?, reader.attribute("paths")) else { return Ok(()) };
    let items = attribute.value.as_array();
    for (i, path) in paths.iter().enumerate() {
        // The path's own place in the list, where the list is written out.
        let place = items.and_then(|items| items.get(i)).and_then(Span::span).or_else(|| attribute.value.span());
        let dir = needed(&reader.e, unit, path, &Place(place.clone()))?;
        let edge = Edge { to: unit_path(working_dir, &dir), location: location(&reader.e, place) };
        unit.edges.push(edge);
    }
    Ok(())
}

/// The folder of the unit at `path`, which must exist.
pub(super) fn needed(e: &Evaluator<'_>, unit: &UnitFile, path: &str, place: &Place) -> Outcome<PathBuf> {
    let given = normal(&unit.dir.join(path));
    let dir = if given.ends_with(discovery::UNIT_FILE) { given.parent().unwrap_or(&given).to_owned() } else { given };
    if dir.join(discovery::UNIT_FILE).is_file() {
        return Ok(dir);
    }
    let message = if dir.is_dir() {
        format!("{path} is not a unit: it has no terragrunt.hcl")
    } else {
        format!("there is no unit at {path}")
    };
    let siblings = dir.parent().and_then(|parent| discovery::units(parent).ok()).unwrap_or_default();
    let siblings: Vec<String> =
        siblings.iter().filter(|d| **d != unit.dir).map(|d| relative(&unit.dir, d).display().to_string()).collect();
    Err(e.fault(place, message).hints(did_you_mean(path, siblings.iter().map(String::as_str))))
}

fn source(unit: &mut UnitFile, session: &Session, reader: Reader<'_>) -> Outcome<()> {
    let Some(source) = reader.text("source")? else { return Ok(()) };
    let place = Place(reader.attribute("source").and_then(|a| a.value.span()));
    unit.module = module::resolve(session, &unit.dir, source, |message| reader.e.fault(&place, message))?;
    Ok(())
}

fn exclude(reader: Reader<'_>) -> Outcome<Exclude> {
    block::only(reader.e.source, reader.body, "exclude", &["if", "actions", "no_run", "exclude_dependencies"], &[])?;
    Ok(Exclude {
        when: reader.boolean("if")?.unwrap_or(false),
        actions: reader.texts("actions")?.unwrap_or_default(),
        no_run: reader.boolean("no_run")?.unwrap_or(false),
        dependencies: reader.boolean("exclude_dependencies")?.unwrap_or(false),
    })
}

pub(super) fn location(e: &Evaluator<'_>, span: Option<std::ops::Range<usize>>) -> Location {
    Location::of_offset(&e.source.shown, &e.source.text, span.map_or(0, |span| span.start))
}

/// A span as a place for a fault.
pub(super) struct Place(pub(super) Option<std::ops::Range<usize>>);

impl Span for Place {
    fn span(&self) -> Option<std::ops::Range<usize>> {
        self.0.clone()
    }
}
