//! What is proven stays as it is, and what somebody changed by hand is put back.

use std::collections::BTreeSet;

use fluxlift_e2e::audit::Request;
use fluxlift_e2e::history::History;
use fluxlift_e2e::laws;
use serde_json::json;

use crate::bench::{Case, Verdict, case, ensure, note};
use crate::stage::{FLUX_INSTANCE, INSTANCE, OPERATOR, Stage, change, done};

pub(crate) const CASES: [Case; 2] = [
    case!(applied_again_nothing_changes_and_nothing_is_written),
    case!(an_instance_that_was_edited_by_hand_is_seen_and_put_back),
];

async fn applied_again_nothing_changes_and_nothing_is_written(stage: &mut Stage) -> Verdict {
    stage.phase_one().await?;
    stage.phase_two().await?;
    let before = stage.history().await?;
    let before = laws::writes(&before);
    let requests = &stage.lab.control_plane.requests;
    let earlier = Request::all(requests)?.len();
    for (module, inputs) in [(OPERATOR, stage.operator()), (INSTANCE, stage.instance())] {
        let again = done(stage.run("apply", module, &inputs).await?)?;
        note(format_args!("{module}, applied again: {} in {:.2?}", change(&again)?, again.took));
        ensure(change(&again)? == "none", || format!("{module} was changed again: {}", again.stdout))?;
    }
    nothing_was_written_since(&before, &stage.history().await?)?;
    // What is deleted leaves no note of who did it: the API server knows.
    let asked = Request::all(requests)?.split_off(earlier);
    let changing: Vec<_> = asked.iter().filter(|request| is_to_change(request)).collect();
    ensure(changing.is_empty() && !asked.is_empty(), || format!("asked to change {changing:?}"))?;
    stage.laws().await
}

/// Whether something was to be changed: the cluster's reservation, and what is only tried, do not count.
fn is_to_change(request: &Request) -> bool {
    !["get", "list", "watch"].contains(&request.verb.as_str())
        && !request.uri.contains("dryRun=All")
        && !request.uri.contains("/namespaces/default/leases")
}

/// What fluxlift has written is what it had written before.
pub(crate) fn nothing_was_written_since(before: &BTreeSet<(&str, String)>, now: &History) -> Verdict {
    let after = laws::writes(now);
    ensure(!before.is_empty(), || "fluxlift never wrote anything".to_owned())?;
    ensure(*before == after, || format!("written again: {:?}", after.difference(before).collect::<Vec<_>>()))
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
    laws::the_last_change_was_proven_again(&stage.history().await?)?;
    stage.all_ready().await?;
    stage.laws().await
}
