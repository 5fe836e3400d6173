//! Controllers in shards: each shard is proven by canaries of its own.

use fluxlift_e2e::laws;
use serde_json::json;

use crate::bench::{Broken, Case, Verdict, case, ensure, note};
use crate::stage::{FLUX_INSTANCE, Stage};

pub(crate) const CASES: [Case; 1] = [case!(every_shard_has_canaries_of_its_own_before_anything_is_synced)];

/// What fluxlift must have proven of the shard.
const GATES: [&str; 7] = [
    "canary source-controller-one GitRepository",
    "canary source-controller-one OCIRepository",
    "canary source-controller-one HelmRepository",
    "canary source-controller-one HelmChart",
    "canary source-controller-one Bucket",
    "canary kustomize-controller-one Kustomization",
    "canary helm-controller-one HelmRelease",
];

/// fluxlift does not shard: somebody made the instance, sharded and without a sync, and fluxlift adopts it.
async fn every_shard_has_canaries_of_its_own_before_anything_is_synced(stage: &mut Stage) -> Verdict {
    stage.phase_one().await?;
    let version = &stage.instance()["flux_version"];
    let spec =
        json!({"distribution": {"version": version, "registry": "ghcr.io/fluxcd"}, "sharding": {"shards": ["one"]}});
    let object = json!({"apiVersion": "fluxcd.controlplane.io/v1", "kind": "FluxInstance",
        "metadata": {"name": "flux", "namespace": "flux-system"}, "spec": spec});
    stage.create(FLUX_INSTANCE, &object).await?;
    let adopted = stage.phase_two().await?;
    let claims = stage.claims()?;
    for gate in GATES {
        let proven = claims.iter().find(|claim| claim.gate == gate && claim.is_proven());
        let proven = proven.ok_or_else(|| Broken(format!("{gate:?} was not proven:\n{}", adopted.stderr)))?;
        let history = stage.history().await?;
        let seen = history
            .of("")
            .find(|seen| seen.text("/metadata/uid").is_some_and(|uid| proven.uid.as_deref() == Some(uid)));
        let shard = seen.and_then(|seen| seen.label("sharding.fluxcd.io/key").map(str::to_owned));
        ensure(shard.as_deref() == Some("one"), || format!("the canary of {gate:?} has the shard {shard:?}"))?;
        let synced = laws::first_synced(&history).map_or(0, |seen| seen.revision);
        ensure(proven.revision < Some(synced), || format!("{gate:?} was proven after the sync"))?;
    }
    note(format_args!("{} canaries of the shard were answered; phase 2 took {:.1?}", GATES.len(), adopted.took));
    stage.all_ready().await?;
    laws::nothing_is_synced_before_every_canary_answered(&stage.history().await?)?;
    stage.laws().await
}
