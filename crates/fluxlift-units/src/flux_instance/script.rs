//! The user's own last step: `scripts/post-bootstrap.sh`.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use fluxlift_core::Secret;
use fluxlift_engine::hooks::{Hook, Moment};
use fluxlift_engine::unit::{UnitContext, UnitError, UnitSpec};

use super::Inputs;
use crate::Outside;
use crate::kubeconfig_files::KubeconfigFiles;

/// Where it is in the repository.
const SCRIPT: &str = "scripts/post-bootstrap.sh";

/// The script of `inputs`; `None` where there is none, or it shall not run.
///
/// # Errors
/// When it cannot be told whether there is one.
fn script(inputs: &Inputs) -> Result<Option<(PathBuf, PathBuf)>, UnitError> {
    let root = inputs.repo_root.as_deref().filter(|root| !root.is_empty() && inputs.post_bootstrap);
    let Some(root) = root else { return Ok(None) };
    let unknown =
        |error: std::io::Error| UnitError::caused_by(format!("it cannot be told whether {root} has a {SCRIPT}"), error);
    let root = std::path::absolute(root).map_err(unknown)?;
    let file = root.join(SCRIPT);
    Ok(file.try_exists().map_err(unknown)?.then_some((root, file)))
}

/// A script that can be executed is; another one is read by bash, as `bash scripts/post-bootstrap.sh` would.
fn command(file: &Path) -> Vec<Secret<String>> {
    let executable = file.metadata().is_ok_and(|about| about.permissions().mode() & 0o111 != 0);
    let file = file.to_string_lossy().into_owned();
    let words = if executable { vec![file] } else { vec!["bash".to_owned(), file] };
    words.into_iter().map(Secret::new).collect()
}

/// Runs the script, if there is one, in the repository's root and with `KUBECONFIG` set. Its lines are events.
///
/// # Errors
/// When it can't be started or does not succeed.
pub(super) async fn run(
    cx: &UnitContext,
    spec: &UnitSpec,
    inputs: &Inputs,
    outside: &Outside,
) -> Result<(), UnitError> {
    let Some((root, file)) = script(inputs)? else { return Ok(()) };
    // It is there as long as the script runs.
    let kubeconfig = KubeconfigFiles::of(&inputs.cluster, spec, outside)?;
    let mut env: BTreeMap<String, Secret<String>> =
        outside.env.iter().map(|(name, value)| (name.clone(), Secret::new(value.clone()))).collect();
    env.insert("KUBECONFIG".to_owned(), Secret::new(kubeconfig.variable()));
    cx.gates.events.step("started", SCRIPT);
    let hook = Hook {
        name: SCRIPT.to_owned(),
        moment: Moment::After,
        execute: command(&file),
        dir: root,
        env,
        also_after_failure: false,
        for_errors: Vec::new(),
        silent: false,
        known: true,
    };
    outside.scripts.run(&hook, &cx.gates.events).await?;
    cx.gates.events.step("ran", SCRIPT);
    Ok(())
}

/// The error of an apply that does not come to the script: it says so, where there is one.
pub(super) fn passed_over(inputs: &Inputs, error: UnitError) -> UnitError {
    match script(inputs) {
        Ok(Some(_)) => error.with_hint(format!("{SCRIPT} did not run: it does when all is proven")),
        _ => error,
    }
}
