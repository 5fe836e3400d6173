//! Several runs at once.

use std::time::Duration;

use fluxlift_e2e::laws;
use fluxlift_e2e::patience::{Seen, until};
use fluxlift_e2e::product::{Fluxlift, Outcome};

use crate::bench::{Broken, Case, Verdict, case, ensure, note};
use crate::stage::{INSTANCE, Stage};

pub(crate) const CASES: [Case; 1] = [case!(of_runs_at_once_all_but_one_are_refused_and_that_one_is_not_disturbed)];

/// The exit code for a lock that is held.
const LOCKED: i32 = 4;

async fn of_runs_at_once_all_but_one_are_refused_and_that_one_is_not_disturbed(stage: &mut Stage) -> Verdict {
    stage.phase_one().await?;
    stage.lab.node.faults().hold("helm-controller");
    let first = stage.start_phase_two(&stage.instance())?;
    let canaries = "helm.toolkit.fluxcd.io/helmreleases/flux-system/";
    until("the first run's canary", Duration::from_secs(60), async || match stage.history().await {
        Ok(history) if history.of(canaries).next().is_some() => Seen::There(()),
        Ok(_) => Seen::NotYet("no release yet".to_owned()),
        Err(Broken(why)) => Seen::NotYet(why),
    })
    .await?;
    let before = stage.history().await?.of(canaries).count();
    let second = stage.run("apply", INSTANCE, &stage.instance()).await?;
    note(format_args!("refused in {:.2?}: {}", second.took, second.stderr.lines().next().unwrap_or_default().trim()));
    ensure(second.code == Some(LOCKED), || format!("the second ended with {:?}: {}", second.code, second.stderr))?;
    ensure(second.stderr.contains("lock"), || format!("the lock is not named: {}", second.stderr))?;
    let third = from_another_folder(stage).await?;
    let words = third.stderr.lines().find(|line| line.contains("reserved by")).unwrap_or_default().trim();
    note(format_args!("from another folder: refused in {:.2?}: {words}", third.took));
    ensure(third.code == Some(LOCKED), || format!("the third ended with {:?}: {}", third.code, third.stderr))?;
    let owner = format!("(pid {})", first.id().unwrap_or_default());
    ensure(words.contains(&owner), || format!("the third does not name {owner}: {}", third.stderr))?;
    let after = stage.history().await?.of(canaries).count();
    ensure(before == after, || "another run touched the canaries of the first".to_owned())?;
    stage.lab.node.faults().release("helm-controller");
    let first = first.wait_with_output().await.map_err(|error| Broken(error.to_string()))?;
    ensure(first.status.success(), || String::from_utf8_lossy(&first.stderr).into_owned())?;
    stage.all_ready().await?;
    laws::nothing_is_synced_before_every_canary_answered(&stage.history().await?)?;
    let reserved = stage.history().await?.of(laws::RESERVATION).count();
    ensure(reserved > 0, || "nobody ever reserved the cluster".to_owned())?;
    stage.laws().await
}

/// A run of phase 2 whose state, and so its lock, is where none of the others looks.
async fn from_another_folder(stage: &Stage) -> Result<Outcome, Broken> {
    let elsewhere = Fluxlift::new(stage.fluxlift.binary(), stage.lab.folder().join("elsewhere"));
    let state = elsewhere.state(INSTANCE).display().to_string();
    let arguments = ["apply", "--native", INSTANCE, "--state-dir", &state, "-o", "json", "--non-interactive"];
    Ok(elsewhere.run(&arguments, Some(&stage.instance())).await?)
}
