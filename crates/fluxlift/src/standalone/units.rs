//! Units that are given with all their inputs.

use std::path::PathBuf;

use fluxlift_core::UnitPath;
use fluxlift_engine::unit::{UnitError, UnitSpec, Values};
use fluxlift_engine::{Blueprint, Command, Evaluated, Node, Outputs};

/// A unit that no file describes.
#[derive(Debug, Clone)]
pub struct StandaloneUnit {
    /// Its name.
    pub path: UnitPath,
    /// The native module that runs it.
    pub module: String,
    /// The units that come before it.
    pub needs: Vec<UnitPath>,
    /// Its inputs.
    pub inputs: Values,
}

/// All units of a run without a tree.
#[derive(Debug, Clone)]
pub struct Standalone {
    /// The units.
    pub units: Vec<StandaloneUnit>,
    /// The folder that relative paths among their inputs start from.
    pub dir: PathBuf,
}

impl Blueprint for Standalone {
    fn nodes(&self) -> Vec<Node> {
        self.units.iter().map(|unit| Node::new(unit.path.clone(), unit.needs.iter().cloned())).collect()
    }

    fn key(&self, unit: &UnitPath) -> UnitPath {
        unit.clone()
    }

    fn evaluate(&self, path: &UnitPath, _: Command, _: &dyn Outputs) -> Result<Evaluated, UnitError> {
        let unit = self.units.iter().find(|unit| unit.path == *path);
        let unit = unit.ok_or_else(|| UnitError::new(format!("there is no unit {path}")))?;
        Ok(Evaluated::plain(UnitSpec {
            path: path.clone(),
            dir: self.dir.clone(),
            repo_root: self.dir.clone(),
            module: unit.module.clone(),
            inputs: unit.inputs.clone(),
        }))
    }
}
