//! `preflight`: read-only checks before an apply.

use clap::Args;
use fluxlift_engine::RunOptions;
use fluxlift_engine::run::Preflight as Found;
use serde_json::{Value as Json, json};

use super::outcome::{printed, refused};
use crate::args::{Global, Scope};
use crate::run::{Setting, on_runtime, watched};
use crate::system::System;
use crate::ui::{Failure, Table, print_document};
use crate::workspace::Workspace;

/// Exit code when a check failed.
const FAILED: u8 = 1;

/// Check read-only that an apply can work.
#[derive(Debug, Args)]
pub struct Preflight {}

pub(super) fn execute(_: &Preflight, global: &Global, system: &System) -> Result<u8, Failure> {
    let workspace = Workspace::open(global, system, "plan", Scope::All)?;
    let found = on_runtime(async {
        let setting = Setting::real(system, "preflight");
        let mut engine = setting.engine(&workspace);
        let options = RunOptions { seed: global.seed.unwrap_or(system.seed), ..RunOptions::default() };
        watched(&mut engine, async |engine| engine.preflight(&options).await).await.map_err(refused)
    })?;
    let failed = found.iter().flat_map(|unit| &unit.checks).any(|check| check.outcome.is_err());
    printed(print_document(global.format, &document(&found), || text(&found)))?;
    Ok(if failed { FAILED } else { 0 })
}

fn document(found: &[Found]) -> Json {
    let checks = |unit: &Found| -> Json {
        let one = |check: &fluxlift_engine::unit::Check| {
            let (passed, seen) = match &check.outcome {
                Ok(seen) => (true, seen),
                Err(wrong) => (false, wrong),
            };
            json!({ "unit": unit.unit, "check": check.name, "passed": passed, "seen": seen })
        };
        unit.checks.iter().map(one).collect()
    };
    let all: Vec<Json> = found.iter().flat_map(|unit| checks(unit).as_array().cloned().unwrap_or_default()).collect();
    json!({ "passed": all.iter().all(|check| check["passed"] == true), "checks": all })
}

fn text(found: &[Found]) -> String {
    let mut table = Table::new(["UNIT", "CHECK", "PASSED", "SEEN"]);
    for unit in found {
        for check in &unit.checks {
            let (passed, seen) = match &check.outcome {
                Ok(seen) => ("yes", seen),
                Err(wrong) => ("NO", wrong),
            };
            table.row([unit.unit.to_string(), check.name.clone(), passed.to_owned(), seen.clone()]);
        }
    }
    table.render()
}
