//! fluxlift, killed where it stands, and started again.

use std::time::Duration;

use fluxlift_e2e::laws;
use fluxlift_e2e::ledger;
use fluxlift_e2e::patience::pass;
use serde_json::Value;
use tokio::process::Child;

use crate::bench::{Broken, Case, Verdict, case, ensure, note};
use crate::stage::{INSTANCE, OPERATOR, Stage, done};

pub(crate) const CASES: [Case; 1] = [case!(killed_at_ten_points_of_its_journal_it_ends_where_it_would_have_ended)];

/// After how many records of its journal each run of the first phase is killed.
const OPERATOR_POINTS: [usize; 3] = [1, 2, 5];
/// The same for the second phase: before the instance, among the definitions, among the canaries, among the paths, at the
/// sync, and while the releases come up.
const INSTANCE_POINTS: [usize; 7] = [2, 6, 11, 18, 23, 30, 4];
/// How long a run may take to its point.
const PATIENCE: Duration = Duration::from_secs(120);

async fn killed_at_ten_points_of_its_journal_it_ends_where_it_would_have_ended(stage: &mut Stage) -> Verdict {
    let mut kills = 0;
    for point in OPERATOR_POINTS {
        kills += usize::from(killed(stage, OPERATOR, &stage.operator(), point).await?);
    }
    done(stage.run("apply", OPERATOR, &stage.operator()).await?)?;
    for point in INSTANCE_POINTS {
        kills += usize::from(killed(stage, INSTANCE, &stage.instance(), point).await?);
    }
    ensure(kills == 10, || format!("only {kills} runs were killed"))?;
    let last = done(stage.run("apply", INSTANCE, &stage.instance()).await?)?;
    note(format_args!("after ten kills the last run took {:.1?}", last.took));
    stage.all_ready().await?;
    let history = stage.history().await?;
    laws::nothing_is_synced_before_every_canary_answered(&history)?;
    laws::the_sync_was_never_taken_away(&history)?;
    let deployed = history.of("secrets/flux-system/sh.helm.release.v1.flux-operator.").last();
    let status = deployed.and_then(|secret| secret.label("status")).unwrap_or_default();
    ensure(status == "deployed", || format!("the operator's release is {status:?}"))?;
    stage.laws().await
}

/// Starts an apply and kills it as soon as its journal has so many records; whether it came to that.
async fn killed(stage: &Stage, module: &str, inputs: &Value, point: usize) -> Result<bool, Broken> {
    let state = stage.fluxlift.state(module);
    let before = ledger::journals(&state).len();
    let text = state.display().to_string();
    let arguments = ["apply", "--native", module, "--state-dir", &text, "-o", "json", "--non-interactive"];
    let mut run = stage.fluxlift.start(&arguments, Some(inputs))?;
    let began = std::time::Instant::now();
    loop {
        let last = ledger::journals(&state).into_iter().nth(before);
        let records = last.map(|path| ledger::records(&path)).transpose()?.unwrap_or_default();
        if records.len() >= point {
            kill(&mut run).await?;
            let what = records.last().map(told).unwrap_or_default();
            note(format_args!("{module}: killed at record {} ({what})", records.len()));
            return Ok(true);
        }
        if let Some(status) = run.try_wait().map_err(|error| Broken(error.to_string()))? {
            note(format_args!("{module}: ended with {status} after {} records, before record {point}", records.len()));
            return ensure(status.success(), || format!("{module} ended with {status}")).map(|()| false);
        }
        ensure(began.elapsed() < PATIENCE, || format!("{module} has only {} records", records.len()))?;
        pass(Duration::from_millis(2)).await;
    }
}

async fn kill(run: &mut Child) -> Verdict {
    run.kill().await.map_err(|error| Broken(format!("fluxlift cannot be killed: {error}")))
}

/// A record in one phrase.
fn told(record: &Value) -> String {
    let gate = record["proof"]["gate"].as_str().unwrap_or_default();
    format!("{} {gate}", record["record"].as_str().unwrap_or_default()).trim().to_owned()
}
