//! Taking the instance away, and saying what stays.

use fluxlift_core::{Deadline, ErrorKind, Explain as _};
use fluxlift_engine::unit::{UnitContext, UnitError};
use fluxlift_flux::kinds::{HELM_RELEASE, KUSTOMIZATION};
use fluxlift_flux::{Component, Instance, canary, sync};
use fluxlift_kube::gates::Gone;
use fluxlift_kube::{Class, Cluster, Deletion, Query, RequestError};

use super::let_go::let_go;
use super::secrets;
use crate::reserved::reserved;

/// How long flux-operator may take to uninstall Flux.
const GONE: Deadline = Deadline::minutes(10);

/// Deletes the FluxInstance, and the Secrets that carry our mark. Workloads stay. An instance that was to take over what
/// `flux bootstrap` left, and has not come to the root, lets go of the controllers instead of deleting them.
///
/// # Errors
/// When the cluster does not answer, is not the one that was made, or flux-operator does not let go of the instance.
pub async fn destroy(cx: &UnitContext, cluster: &Cluster, takes_over: bool) -> Result<(), UnitError> {
    let identity = cluster.identity().await.map_err(unreachable)?;
    let made = cx.prior.as_ref().and_then(|prior| prior.identity["cluster"].as_str());
    if made.is_some_and(|made| made != identity) {
        return Err(UnitError::new(format!(
            "the cluster at {} is not the one that this unit was applied to",
            cluster.server()
        ))
        .with_hint("check which kubeconfig the unit is given; nothing was deleted"));
    }
    reserved(cx, cluster, take_away(cx, cluster, takes_over)).await
}

async fn take_away(cx: &UnitContext, cluster: &Cluster, takes_over: bool) -> Result<(), UnitError> {
    let target = Instance::target();
    let Some(live) = cluster.get(&target).await? else { return secrets::delete(cx, cluster).await };
    // While somebody is there to let go of what a killed run left.
    canary::sweep(&cx.gates, cluster, &Component::ALL).await?;
    let lets_go = takes_over && sync::live_sync(&live).is_none();
    let left = if lets_go { 0 } else { workloads(cluster).await? };
    if lets_go {
        let_go(cx, cluster, &target).await?;
    }
    cluster.delete(&target, &Deletion::of(&live)).await?;
    let gate = Gone::new(target.clone(), live.uid());
    cx.gates.prove(&gate, GONE, cluster.observe_one(target.clone())).await?;
    cx.gates.events.step("deleted", target.to_string());
    secrets::delete(cx, cluster).await?;
    if left > 0 {
        cx.gates.events.warn(format!(
            "what {left} Kustomizations and HelmReleases had brought was left running; Flux no longer looks after it"
        ));
    }
    Ok(())
}

async fn workloads(cluster: &Cluster) -> Result<usize, RequestError> {
    let mut count = 0;
    for kind in [KUSTOMIZATION, HELM_RELEASE] {
        count += match cluster.list(&Query::all(kind)).await {
            Ok(found) => found.len(),
            Err(error) if error.class() == Class::NotFound => 0,
            Err(error) => return Err(error),
        };
    }
    Ok(count)
}

/// An API server that is gone already must not hide what to do about it.
fn unreachable(error: RequestError) -> UnitError {
    let interrupted = error.kind() == ErrorKind::Interrupted;
    let transient = error.class() == Class::Transient;
    let error = UnitError::from(error);
    if transient && !interrupted {
        error.with_hint("if its machines are gone already, take the unit out of the state with `fluxlift state rm`")
    } else {
        error
    }
}
