//! A plan of the reference tree says what its apply then does, and can be saved and applied.

use std::sync::Arc;

use fluxlift::demo::LIVE;
use fluxlift_engine::journal::NoObserver;
use fluxlift_engine::{Command, Engine, Plan, RunOptions};
use fluxlift_sim::World;

use crate::converged::{SEED, converged};
use crate::crash::succeeded;
use crate::tree::Tree;
use crate::virtual_run::in_world;

fn options() -> RunOptions {
    RunOptions { seed: SEED, ..RunOptions::default() }
}

fn plan(tree: &Tree, world: World) -> (Plan, World) {
    let plan = async |engine: &Engine<'_>| engine.plan(Command::Apply, &options()).await;
    let (plan, world) = in_world(tree.path(), world, SEED, |_| Arc::new(NoObserver), plan);
    (plan.unwrap(), world)
}

fn of(plan: &Plan, unit: &str) -> String {
    let unit = plan.units.iter().find(|planned| planned.path.as_str() == unit).unwrap();
    format!("{}: {}", unit.change, unit.reasons.join(", "))
}

#[test]
fn a_changed_setting_of_the_machines_is_planned_for_them_too_and_the_saved_plan_is_applied() {
    let (tree, world) = converged();
    tree.edit(&format!("{LIVE}/config/terragrunt.hcl"), "7500000", "8388608");
    let (planned, world) = plan(&tree, world);
    let config = of(&planned, "config");
    assert!(config.starts_with("update: the configuration of solcp01 changes"), "{config}");
    let apply = of(&planned, "apply");
    assert!(apply.starts_with("update: solcp01 runs another configuration"), "{apply}");

    let saved: Plan = serde_json::from_str(&serde_json::to_string(&planned).unwrap()).unwrap();
    let apply = async |engine: &Engine<'_>| engine.run(Command::Apply, options(), Some(&saved)).await;
    let (report, world) = in_world(tree.path(), world, SEED, |_| Arc::new(NoObserver), apply);
    succeeded(report, "the saved plan");
    let (again, _) = plan(&tree, world);
    assert!(!again.has_changes(), "{again:?}");
}
