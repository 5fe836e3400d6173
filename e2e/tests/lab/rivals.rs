//! Two runs at once.

use std::time::Duration;

use fluxlift_e2e::laws;
use fluxlift_e2e::patience::{Seen, until};

use crate::bench::{Broken, Case, Verdict, case, ensure, note};
use crate::stage::{INSTANCE, Stage};

pub(crate) const CASES: [Case; 1] = [case!(of_two_runs_at_once_one_is_refused_and_the_other_is_not_disturbed)];

/// The exit code for a lock that is held.
const LOCKED: i32 = 4;

async fn of_two_runs_at_once_one_is_refused_and_the_other_is_not_disturbed(stage: &mut Stage) -> Verdict {
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
    let after = stage.history().await?.of(canaries).count();
    ensure(before == after, || "the second run touched the canaries of the first".to_owned())?;
    stage.lab.node.faults().release("helm-controller");
    let first = first.wait_with_output().await.map_err(|error| Broken(error.to_string()))?;
    ensure(first.status.success(), || String::from_utf8_lossy(&first.stderr).into_owned())?;
    stage.all_ready().await?;
    laws::nothing_is_synced_before_every_canary_answered(&stage.history().await?)?;
    stage.laws().await
}
