//! From the words of a command line to a bundle on the disk.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use fluxlift_core::error::chain;
use fluxlift_core::{Clock, UnitPath};
use fluxlift_engine::unit::Values;
use fluxlift_engine::{Blueprint, Command, Engine, Home, Outputs};
use fluxlift_kube::Kubeconfig;
use fluxlift_net::Dial;

use super::{Archive, Known, Run, compose};
use crate::args::{Global, Scope};
use crate::doctor::examine;
use crate::run::Setting;
use crate::system::System;
use crate::ui::Failure;
use crate::workspace::Workspace;

/// What a bundle is about.
#[derive(Debug)]
pub struct About<'a> {
    /// Which cluster; `None` where nothing names one.
    pub cluster: Option<Kubeconfig>,
    /// Where the state and the journals lie.
    pub home: Option<&'a Home>,
    /// The ledger of the last run, as `report` shows it.
    pub ledger: Option<serde_json::Value>,
    /// The secrets of the run.
    pub known: Known,
    /// Why it is made: the error of the run.
    pub because: Option<String>,
}

/// Writes a bundle to `file`, over any network and clock.
///
/// # Errors
/// When it can't be written. A cluster that does not answer, or that nothing names, is no error: there is a journal.
pub async fn write(
    file: &Path,
    about: About<'_>,
    global: &Global,
    system: &System,
    dial: Arc<dyn Dial>,
    clock: Arc<dyn Clock>,
) -> Result<Archive, Failure> {
    let About { cluster, home, ledger, mut known, because } = about;
    known.add_environment(&system.env.vars);
    let examined = match &cluster {
        Some(kubeconfig) => Some(examine(kubeconfig, global, system, dial, Arc::clone(&clock)).await),
        None => None,
    };
    let exam = examined.as_ref().map(|examined| &examined.exam);
    // Asking one that does not answer for each list would take an hour.
    let cluster = examined.as_ref().and_then(|examined| examined.cluster.as_ref());
    let cluster = cluster.filter(|_| exam.is_some_and(|exam| exam.api.is_ok()));
    let at = clock.now();
    let archive = compose(Run { at, cluster, exam, home, ledger, known, because }).await?;
    archive.write(&system.dir.join(file), at)?;
    Ok(archive)
}

impl Known {
    /// The secrets of the tree in `folder`.
    pub async fn of_tree(folder: &Path, system: &System, setting: &Setting) -> Self {
        match Workspace::at(folder, system, "output", Scope::All) {
            Ok(workspace) => Self::of_units(&setting.engine(&workspace), &workspace.blueprint).await,
            Err(failure) => {
                let mut known = Self::default();
                known.miss(format!("the secrets of the tree: {}", failure.message()));
                known
            }
        }
    }

    /// The secrets of the units that `engine` is about: marked outputs in the state, and marked inputs as far as they can
    /// be evaluated.
    pub async fn of_units(engine: &Engine<'_>, blueprint: &dyn Blueprint) -> Self {
        let mut known = Self::default();
        let outputs = engine.outputs().await.unwrap_or_else(|error| {
            known.miss(format!("the secrets in the state: {}", chain(&error)));
            BTreeMap::new()
        });
        outputs.values().flat_map(Values::values).for_each(|value| known.add_marked(value));
        let outputs = State(outputs);
        for node in blueprint.nodes() {
            match blueprint.evaluate(&node.path, Command::Apply, &outputs) {
                Ok(evaluated) => evaluated.spec.inputs.values().for_each(|value| known.add_marked(value)),
                Err(error) => known.miss(format!("the secret inputs of {}: {}", node.path, chain(&error))),
            }
        }
        known
    }
}

struct State(BTreeMap<UnitPath, Values>);

impl Outputs for State {
    fn of(&self, unit: &UnitPath) -> Option<Values> {
        self.0.get(unit).cloned()
    }
}
