//! What is proven stays as it is, and what somebody changed by hand is put back.

use fluxlift_e2e::history::History;
use serde_json::{Value, json};

use crate::bench::{Case, Verdict, case, ensure, note};
use crate::laws;
use crate::stage::{FLUX_INSTANCE, INSTANCE, OPERATOR, Stage, change, done};

pub(crate) const CASES: [Case; 2] = [
    case!(applied_again_nothing_changes_and_nothing_is_written),
    case!(an_instance_that_was_edited_by_hand_is_seen_and_put_back),
];

async fn applied_again_nothing_changes_and_nothing_is_written(stage: &mut Stage) -> Verdict {
    stage.phase_one().await?;
    stage.phase_two().await?;
    let before = ours(&stage.lab.history().await?);
    for (module, inputs) in [(OPERATOR, stage.operator()), (INSTANCE, stage.instance())] {
        let again = done(stage.run("apply", module, &inputs).await?)?;
        note(format_args!("{module}, applied again: {} in {:.2?}", change(&again)?, again.took));
        ensure(change(&again)? == "none", || format!("{module} was changed again: {}", again.stdout))?;
    }
    let after = ours(&stage.lab.history().await?);
    ensure(before == after, || format!("objects of fluxlift's were written again: {before:?}, then {after:?}"))?;
    stage.laws().await
}

/// How often each thing that only fluxlift writes was written: instance (its specification), releases of the operator,
/// canaries.
pub(crate) fn ours(history: &History) -> [usize; 3] {
    let specs = history.of("fluxcd.controlplane.io/fluxinstances/").filter_map(|seen| seen.object.as_ref());
    let mut generations: Vec<&Value> = specs.map(|instance| &instance["metadata"]["generation"]).collect();
    generations.dedup();
    let releases = history.of("secrets/flux-system/sh.helm.release.v1.flux-operator.").count();
    let canaries = history.of("").filter(|seen| seen.label(laws::CANARY).is_some() && seen.created).count();
    [generations.len(), releases, canaries]
}

async fn an_instance_that_was_edited_by_hand_is_seen_and_put_back(stage: &mut Stage) -> Verdict {
    stage.phase_one().await?;
    stage.phase_two().await?;
    let edit = json!({"spec": {"distribution": {"registry": "registry.example.org/fluxcd"}}});
    stage.edit(FLUX_INSTANCE, "flux", &edit).await?;
    let again = done(stage.run("apply", INSTANCE, &stage.instance()).await?)?;
    let planned = again.stderr.lines().find(|line| line.contains("Planned")).unwrap_or_default().trim().to_owned();
    note(format_args!("{planned}; {} in {:.1?}", change(&again)?, again.took));
    ensure(planned.contains("spec.distribution.registry"), || format!("the drift is not told: {}", again.stderr))?;
    ensure(change(&again)? == "update", || format!("the drift was not put back: {}", again.stdout))?;
    let instance = stage.get(FLUX_INSTANCE, "flux").await?.unwrap_or_default();
    let registry = &instance["spec"]["distribution"]["registry"];
    ensure(registry == "ghcr.io/fluxcd", || format!("the registry is {registry}"))?;
    stage.all_ready().await?;
    stage.laws().await
}
