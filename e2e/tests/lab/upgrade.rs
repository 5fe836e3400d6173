//! A live installation that changes: the operator's release and the distribution.

use fluxlift_e2e::lab;
use fluxlift_e2e::laws;
use serde_json::json;

use crate::bench::{Case, Verdict, case, ensure, note};
use crate::stage::{FLUX_INSTANCE, INSTANCE, OPERATOR, Stage, change, done};

pub(crate) const CASES: [Case; 1] = [case!(operator_and_distribution_are_upgraded_and_nothing_is_lost)];

/// The last Flux before the newest.
const BEFORE: &str = "2.8.8";

/// There is one version of each program. So the operator's release changes by its values, with a rollout and a new leader;
/// the distribution changes by its version, with the real manifests and definitions of both, and each rolls out anew.
async fn operator_and_distribution_are_upgraded_and_nothing_is_lost(stage: &mut Stage) -> Verdict {
    stage.phase_one().await?;
    let mut old = stage.instance();
    old["flux_version"] = json!(BEFORE);
    let installed = done(stage.run("apply", INSTANCE, &old).await?)?;
    stage.all_ready().await?;

    let mut operator = stage.operator();
    operator["flux_operator_values"] = json!({"logLevel": "debug"});
    let upgraded = done(stage.run("apply", OPERATOR, &operator).await?)?;
    ensure(change(&upgraded)? == "update", || format!("the operator was not upgraded: {}", upgraded.stdout))?;
    let distribution = done(stage.phase_two().await?)?;
    ensure(change(&distribution)? == "update", || format!("Flux was not upgraded: {}", distribution.stdout))?;
    note(format_args!(
        "Flux {BEFORE} in {:.1?}; the operator's release changed in {:.1?}; Flux {BEFORE} to {} in {:.1?}",
        installed.took,
        upgraded.took,
        lab::FLUX_VERSION,
        distribution.took
    ));
    let instance = stage.get(FLUX_INSTANCE, "flux").await?.unwrap_or_default();
    let revision = instance["status"]["lastAppliedRevision"].as_str().unwrap_or_default().to_owned();
    ensure(revision.contains(lab::FLUX_VERSION), || format!("{revision} is applied"))?;
    stage.all_ready().await?;

    let history = stage.history().await?;
    let releases = history.of("secrets/flux-system/sh.helm.release.v1.flux-operator.").filter(|seen| seen.created);
    ensure(releases.count() == 2, || "the operator's release has not two revisions".to_owned())?;
    laws::the_sync_was_never_taken_away(&history)?;
    laws::the_last_change_was_proven_again(&history)?;
    stage.laws().await
}
