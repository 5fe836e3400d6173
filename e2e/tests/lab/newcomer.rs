//! What most people try first: `fluxlift bootstrap` onto a cluster that exists, without a tree.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use fluxlift_e2e::history::History;
use fluxlift_e2e::patience::pass;
use fluxlift_e2e::{lab, laws, ledger, releases};

use crate::bench::{Broken, Case, Verdict, case, ensure, note};
use crate::stage::{Stage, done, printed};

pub(crate) const CASES: [Case; 1] = [case!(a_bootstrap_that_was_killed_is_resumed_and_done_again_is_no_change)];

/// The Secret with the age key.
const AGE_SECRET: &str = "secrets/flux-system/sops-age";
/// After how many records of its journal it is killed: among the canaries.
const POINT: usize = 24;
/// How long it may take to come there.
const PATIENCE: Duration = Duration::from_secs(120);

async fn a_bootstrap_that_was_killed_is_resumed_and_done_again_is_no_change(stage: &mut Stage) -> Verdict {
    let command = command(stage)?;
    let arguments: Vec<&str> = command.iter().map(String::as_str).collect();
    let mut run = stage.fluxlift.start(&arguments, None)?;
    let began = Instant::now();
    loop {
        let records = journal(stage)?;
        if records >= POINT {
            run.kill().await.map_err(|error| Broken(format!("fluxlift cannot be killed: {error}")))?;
            note(format_args!("killed at record {records}"));
            break;
        }
        let ended = run.try_wait().map_err(|error| Broken(error.to_string()))?;
        ensure(ended.is_none(), || format!("it ended with {ended:?} after {records} records"))?;
        ensure(began.elapsed() < PATIENCE, || format!("its journal has only {records} records"))?;
        pass(Duration::from_millis(2)).await;
    }
    ensure(laws::first_synced(&stage.history().await?).is_none(), || {
        "it was killed too late: it had synced".to_owned()
    })?;

    // No tree, no folder named: it is the cluster that was bootstrapped last.
    let resumed = done(stage.fluxlift.run(&["resume", "-o", "json", "--non-interactive"], None).await?)?;
    note(format_args!("resumed in {:.1?}", resumed.took));
    stage.all_ready().await?;
    let history = stage.history().await?;
    laws::nothing_is_synced_before_every_canary_answered(&history)?;
    ensure(history.now().contains_key(AGE_SECRET), || format!("there is no {AGE_SECRET}"))?;

    let again = done(stage.fluxlift.run(&arguments, None).await?)?;
    let report = printed(&again)?;
    let units = report["units"].as_array().map(Vec::as_slice).unwrap_or_default();
    ensure(units.len() == 2 && units.iter().all(|unit| unit["change"] == "none"), || format!("again: {report}"))?;
    unwritten(&history, &stage.history().await?)?;
    let [state] = states(stage).try_into().map_err(|states| Broken(format!("its states: {states:?}")))?;
    stage.laws_of(&[state]).await
}

fn unwritten(before: &History, after: &History) -> Verdict {
    crate::steady::nothing_was_written_since(&laws::writes(before), after)
}

/// The command, with an age key and a context that is named.
pub(crate) fn command(stage: &Stage) -> Result<Vec<String>, Broken> {
    let key = stage.lab.folder().join("age.key");
    std::fs::write(&key, include_str!("../../../terraform/infra/live/common/test-age.key"))
        .map_err(|error| Broken(error.to_string()))?;
    let (kubeconfig, key) = (stage.lab.kubeconfig().display().to_string(), key.display().to_string());
    let (url, chart) = (stage.lab.git.url(), stage.lab.registry.flux_operator());
    let said = [
        ("--kubeconfig", kubeconfig.as_str()),
        ("--context", "lab"),
        ("--git-url", &url),
        ("--branch", "main"),
        ("--path", releases::PATH),
        ("--sops-age-key-file", &key),
        ("--chart", &chart),
        ("--operator-version", lab::FLUX_OPERATOR_VERSION),
        ("--flux-version", lab::FLUX_VERSION),
    ];
    let options = said.into_iter().flat_map(|(option, value)| [option, value]);
    let words = ["bootstrap"].into_iter().chain(options).chain(["--auto-approve", "--non-interactive", "-o", "json"]);
    Ok(words.map(str::to_owned).collect())
}

/// How many records the journal of the only run has.
fn journal(stage: &Stage) -> Result<usize, Broken> {
    let journals = states(stage).into_iter().flat_map(|state| ledger::journals(&state));
    Ok(journals.last().map(|path| ledger::records(&path)).transpose()?.unwrap_or_default().len())
}

/// Where it keeps its states: a folder for each cluster.
pub(crate) fn states(stage: &Stage) -> Vec<PathBuf> {
    let clusters = stage.fluxlift.home().join(".local/state/fluxlift/clusters");
    // No folder, no states.
    let found = std::fs::read_dir(clusters).into_iter().flatten().flatten().map(|entry| entry.path());
    found.filter(|path| path.is_dir()).collect()
}
