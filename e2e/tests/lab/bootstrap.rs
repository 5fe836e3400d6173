//! The two phases, gated, against the real programs.

use std::collections::{BTreeMap, BTreeSet};

use fluxlift_e2e::history::History;
use fluxlift_e2e::laws;
use serde_json::Value;

use crate::bench::{Case, Verdict, case, ensure, note};
use crate::blind::CANARIES;
use crate::stage::Stage;

pub(crate) const CASES: [Case; 1] = [case!(fifty_releases_are_ready_and_none_came_before_every_canary_had_answered)];

/// What must have been proven on the way beside the canaries, each once.
const GATES: [&str; 14] = [
    "a node is ready",
    "crd/fluxinstances.fluxcd.controlplane.io established",
    "crd/fluxreports.fluxcd.controlplane.io established",
    "crd/resourcesets.fluxcd.controlplane.io established",
    "crd/resourcesetinputproviders.fluxcd.controlplane.io established",
    "deployment/flux-operator rolled out",
    "fluxreport/flux fresh",
    "path kustomize-controller to source-controller",
    "path helm-controller to source-controller",
    "canaries removed",
    "fluxinstance/flux ready",
    "gitrepository/flux-system/flux-system ready",
    "kustomization/flux-system ready",
    "delivered set ready",
];

async fn fifty_releases_are_ready_and_none_came_before_every_canary_had_answered(stage: &mut Stage) -> Verdict {
    let operator = stage.phase_one().await?;
    let instance = stage.phase_two().await?;
    note(format_args!("phase 1 took {:.1?}, phase 2 {:.1?}", operator.took, instance.took));
    for claim in stage.claims()?.iter().filter(|claim| claim.seconds >= 5) {
        note(format_args!("{} s of it for {}", claim.seconds, claim.gate));
    }
    let claims = stage.claims()?;
    for gate in GATES.into_iter().chain(CANARIES) {
        let proven = claims.iter().filter(|claim| claim.gate == gate && claim.is_proven()).count();
        ensure(proven == 1, || format!("{gate:?} was proven {proven} times"))?;
    }
    stage.all_ready().await?;
    let history = stage.history().await?;
    for (reason, keys) in detours(&history) {
        note(format_args!("{} objects were not ready for a while: {reason}", keys.len()));
    }
    laws::nothing_is_synced_before_every_canary_answered(&history)?;
    stage.laws().await
}

/// Why objects of the sync were not ready at first, and which.
fn detours(history: &History) -> BTreeMap<String, BTreeSet<&str>> {
    let mut found: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for seen in
        history.of("").filter(|seen| seen.key.contains(".toolkit.fluxcd.io/") && !laws::canaries::is_canary(seen))
    {
        let conditions = seen.object.as_ref().and_then(|object| object["status"]["conditions"].as_array());
        let unready = |condition: &&Value| condition["type"] == "Ready" && condition["status"] == "False";
        for condition in conditions.into_iter().flatten().filter(unready) {
            let kind = seen.key.split('/').nth(1).unwrap_or_default();
            let reason = condition["reason"].as_str().unwrap_or_default();
            found.entry(format!("{kind} {reason}")).or_default().insert(&seen.key);
        }
    }
    found
}
