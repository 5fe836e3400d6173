//! Small trees in temporary folders, and diagnostics as a reader sees them.

use std::path::Path;

use fluxlift_config::{ConfigError, Environment, Evaluated, LoadOptions, NoOutputs, OutputSource, Tree};
use fluxlift_core::{Diagnostic, Timestamp, UnitPath};

/// A tree in a temporary folder.
pub(crate) struct Scratch {
    pub(crate) dir: tempfile::TempDir,
}

impl Scratch {
    /// A tree with these files.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let scratch = Self { dir: tempfile::tempdir().unwrap() };
        std::fs::create_dir(scratch.dir.path().join(".git")).unwrap();
        for (path, text) in files {
            scratch.write(path, text);
        }
        scratch
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn options(&self, working_dir: &str) -> LoadOptions {
        options(&self.dir.path().join(working_dir))
    }

    pub(crate) fn load(&self, working_dir: &str) -> Result<Tree, ConfigError> {
        Tree::load(self.options(working_dir))
    }

    /// The inputs of the one unit in the folder `u`, whose file is `text`.
    pub(crate) fn evaluate(text: &str) -> Result<Evaluated, ConfigError> {
        let scratch = Self::new(&[("u/terragrunt.hcl", text)]);
        scratch.load("u")?.inputs(&unit("."), "plan", &NoOutputs)
    }
}

pub(crate) fn options(dir: &Path) -> LoadOptions {
    let mut options = LoadOptions::new(dir, "2026-03-01T12:30:05Z".parse::<Timestamp>().unwrap());
    options.env = Environment::from_vars([("EMPTY", ""), ("NAME", "value")]);
    options
}

pub(crate) fn unit(path: &str) -> UnitPath {
    UnitPath::new(path).unwrap()
}

/// The inputs of `path` as redacted JSON.
pub(crate) fn inputs(tree: &Tree, path: &str, command: &str, outputs: &dyn OutputSource) -> serde_json::Value {
    let evaluated = tree.inputs(&unit(path), command, outputs).unwrap();
    fluxlift_core::Value::Map(evaluated.inputs).redacted()
}

/// All diagnostics of `error` with the lines they mark.
pub(crate) fn shown(error: &ConfigError) -> String {
    let diagnostics = error.diagnostics();
    assert!(!diagnostics.is_empty(), "no place: {error}");
    diagnostics.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn one(d: &Diagnostic) -> String {
    let line = d.source.lines().nth(d.location.line - 1).unwrap_or_default();
    let width = d.source[d.span.clone()].lines().next().unwrap_or_default().chars().count().max(1);
    let mut text = format!("error: {}\n  --> {}\n   | {line}\n", d.message, d.location);
    let label = d.label.as_deref().unwrap_or_default();
    text += format!("   | {}{} {label}", " ".repeat(d.location.column - 1), "^".repeat(width)).trim_end();
    text += "\n";
    for hint in &d.hints {
        text += &format!("hint: {hint}\n");
    }
    text
}
