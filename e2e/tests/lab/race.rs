//! The race: shown where it is, and shown to be gone.

use std::time::Duration;

use fluxlift_e2e::conditions::{has_condition, is_ready};
use fluxlift_e2e::laws;
use fluxlift_e2e::patience::{Seen, pass, until};
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use crate::bench::{Broken, Case, Verdict, case, ensure, note};
use crate::stage::{DEPLOYMENT, FLUX_INSTANCE, RELEASES, Stage};

pub(crate) const CASES: [Case; 3] = [
    case!(the_naive_order_creates_every_release_before_helm_controller_lives),
    case!(the_requests_sleep_is_over_before_a_slow_helm_controller_lives),
    case!(gated_no_release_is_created_before_a_slow_helm_controller_lives),
];

/// How long the programs may take for what comes next.
const SOON: Duration = Duration::from_secs(180);
/// What the request sleeps.
const NAP: Duration = Duration::from_secs(45);

async fn the_naive_order_creates_every_release_before_helm_controller_lives(stage: &mut Stage) -> Verdict {
    naive(stage).await?;
    let history = stage.history().await?;
    // The law that holds of a gated run must be able to fail, and of what was wrong.
    let judged = laws::nothing_is_synced_before_every_canary_answered(&history).map_err(|breach| breach.to_string());
    ensure(judged.as_ref().is_err_and(|why| why.contains("no canary before it")), || {
        format!("the law of the canaries says {judged:?} of a run that had none")
    })?;
    note(format_args!(
        "{RELEASES} of {RELEASES} releases exist, unseen, with helm-controller Available and not started"
    ));
    stage.lab.node.faults().release("helm-controller");
    until("every release Ready", SOON, async || match stage.all_ready().await {
        Ok(()) => Seen::There(()),
        Err(Broken(why)) => Seen::NotYet(why),
    })
    .await?;
    Ok(())
}

async fn the_requests_sleep_is_over_before_a_slow_helm_controller_lives(stage: &mut Stage) -> Verdict {
    naive(stage).await?;
    pass(NAP).await;
    let unseen = unseen(&stage.releases().await?);
    note(format_args!("{unseen} of {RELEASES} releases are unseen after a sleep of {} s", NAP.as_secs()));
    ensure(unseen == RELEASES, || format!("after the sleep {unseen} of {RELEASES} releases are unseen"))
}

async fn gated_no_release_is_created_before_a_slow_helm_controller_lives(stage: &mut Stage) -> Verdict {
    stage.phase_one().await?;
    stage.lab.node.faults().hold("helm-controller");
    let run = stage.start_phase_two(&stage.instance())?;
    available(stage).await?;
    // As long as nothing changes nothing may happen, and this is how long one looks.
    pass(Duration::from_secs(15)).await;
    let created = stage.releases().await?.len();
    note(format_args!("{created} releases exist 15 s after helm-controller's Deployment was Available"));
    ensure(created == 0, || format!("{created} releases were created while helm-controller was held"))?;
    stage.lab.node.faults().release("helm-controller");
    let output = run.wait_with_output().await.map_err(|error| Broken(error.to_string()))?;
    ensure(output.status.success(), || String::from_utf8_lossy(&output.stderr).into_owned())?;
    stage.all_ready().await?;
    let history = stage.history().await?;
    laws::nothing_is_synced_before_every_canary_answered(&history)?;
    stage.laws().await
}

/// Phase 1, then the instance with its sync at once, with helm-controller held; until every release exists, unseen, though
/// helm-controller's Deployment is Available.
async fn naive(stage: &Stage) -> Verdict {
    stage.phase_one().await?;
    stage.lab.node.faults().hold("helm-controller");
    let wanted = stage.instance();
    let instance = json!({
        "apiVersion": "fluxcd.controlplane.io/v1", "kind": "FluxInstance",
        "metadata": {"name": "flux", "namespace": "flux-system"},
        "spec": {
            "distribution": {"version": wanted["flux_version"], "registry": "ghcr.io/fluxcd"},
            "sync": {"kind": "GitRepository", "url": wanted["git_repository"], "ref": "refs/heads/main",
                "path": wanted["git_path"]},
        },
    });
    let instances = stage.api(FLUX_INSTANCE, "flux-system");
    let applied = instances.patch("flux", &PatchParams::apply("lab"), &Patch::Apply(&instance)).await;
    applied.map_err(|error| Broken(format!("the instance was refused: {error}")))?;
    until("every release exists, and none was seen", SOON, async || match stage.releases().await {
        Ok(releases) if unseen(&releases) == RELEASES => Seen::There(()),
        Ok(releases) => Seen::NotYet(format!("{} exist, {} unseen", releases.len(), unseen(&releases))),
        Err(Broken(why)) => Seen::NotYet(why),
    })
    .await?;
    available(stage).await
}

/// How many releases no controller has touched: at -1, without a finalizer or a condition.
fn unseen(releases: &[Value]) -> usize {
    let untouched = |release: &&Value| {
        release["status"]["observedGeneration"] == -1
            && release["status"]["conditions"].is_null()
            && release["metadata"]["finalizers"].is_null()
            && !is_ready(release)
    };
    releases.iter().filter(untouched).count()
}

async fn available(stage: &Stage) -> Verdict {
    let deployments = stage.api(DEPLOYMENT, "flux-system");
    until("deployment/helm-controller Available", SOON, async || match deployments.get("helm-controller").await {
        Ok(found) if has_condition(&found.data, "Available") => Seen::There(()),
        Ok(_) => Seen::NotYet("it is not".to_owned()),
        Err(error) => Seen::NotYet(error.to_string()),
    })
    .await?;
    Ok(())
}
