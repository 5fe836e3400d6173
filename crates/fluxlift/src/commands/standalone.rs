//! One native module without a tree: what the reference modules' `main.tf` calls.

use std::path::Path;

use fluxlift_core::{ErrorKind, Value};
use fluxlift_engine::unit::Values;
use fluxlift_engine::{Command, Engine, Home, RunOptions};

use super::outcome::{refused, show_report};
use crate::args::{Global, this_folder};
use crate::run::{Setting, on_runtime, watched};
use crate::standalone::{Standalone, StandaloneUnit, home};
use crate::system::System;
use crate::ui::Failure;

/// The variable that carries the inputs: unlike an argument, other users of the machine can't read it.
const INPUTS: &str = "FLUXLIFT_INPUTS";

pub(super) fn execute(
    module: &str,
    state_dir: Option<&Path>,
    command: Command,
    options: RunOptions,
    global: &Global,
    system: &System,
) -> Result<u8, Failure> {
    let inputs = inputs(system)?;
    let home = match state_dir {
        Some(folder) => Home::at(folder),
        None => {
            let path = inputs.get("kubeconfig_path").and_then(Value::as_str);
            let about = path.map_or_else(|| system.dir.clone(), |path| system.dir.join(path));
            home::of_module(module, &about, system)?
        }
    };
    let unit = StandaloneUnit { path: this_folder(), module: module.to_owned(), needs: Vec::new(), inputs };
    let single = Standalone { units: vec![unit], dir: system.dir.clone() };
    let report = on_runtime(async {
        let Setting { modules, clock, owner } = Setting::real(system, format!("{command} --native {module}"));
        let mut engine = Engine::new(&single, &*modules, home, owner, clock);
        let run = async |engine: &Engine<'_>| engine.run(command, options, None).await;
        watched(&mut engine, run).await.map_err(refused)
    })?;
    show_report(&report, global.format)
}

/// The inputs; every one of them counts as a secret, because the variable does not say which are.
fn inputs(system: &System) -> Result<Values, Failure> {
    let wrong = |why: &str| {
        Failure::new(ErrorKind::Usage, format!("{INPUTS} {why}"))
            .with_hint(format!("set {INPUTS} to a JSON object with the inputs of the module"))
    };
    let text = system.env.get(INPUTS).ok_or_else(|| wrong("is not set"))?;
    // The parser's own words could repeat part of a secret.
    let json: serde_json::Value = serde_json::from_str(text).map_err(|_| wrong("is not JSON"))?;
    let serde_json::Value::Object(map) = json else { return Err(wrong("is not a JSON object")) };
    Ok(map.into_iter().map(|(name, value)| (name, Value::from(value).sensitive())).collect())
}
