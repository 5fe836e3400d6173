//! Removing the release, and saying what stays.

use std::sync::Arc;

use fluxlift_core::Deadline;
use fluxlift_engine::unit::{UnitContext, UnitError};
use fluxlift_flux::Instance;
use fluxlift_helm::action::Action;
use fluxlift_kube::gates::Gone;
use fluxlift_kube::{Class, Cluster};

use super::Inputs;
use super::bringup::deployment;
use super::release_cluster::ReleaseRequests;
use crate::reserved::reserved;

/// How long the Deployment may take to go.
const GONE: Deadline = Deadline::minutes(5);

/// Uninstalls flux-operator. Its definitions stay: the chart says so, and deleting them would delete every instance.
///
/// # Errors
/// When the cluster does not answer or is another one, a FluxInstance is still there, or something can't be deleted.
pub async fn destroy(cx: &UnitContext, cluster: &Cluster) -> Result<(), UnitError> {
    let identity = match cluster.identity().await {
        Err(error) if error.class() == Class::Transient => {
            let hint = "if its machines are gone already, take the unit out of the state with `fluxlift state rm`";
            return Err(UnitError::from(error).with_hint(hint));
        }
        other => other?,
    };
    let made = cx.prior.as_ref().and_then(|prior| prior.identity["cluster"].as_str());
    if made.is_some_and(|made| made != identity) {
        let message = format!("the cluster at {} is not the one that this unit was applied to", cluster.server());
        return Err(UnitError::new(message).with_hint("check which kubeconfig the unit is given; nothing was deleted"));
    }
    reserved(cx, cluster, take_away(cx, cluster)).await
}

async fn take_away(cx: &UnitContext, cluster: &Cluster) -> Result<(), UnitError> {
    if cluster.get(&Instance::target()).await?.is_some() {
        return Err(UnitError::new(
            "fluxinstance/flux-system/flux still exists; without its operator it could never go",
        )
        .with_hint("destroy the flux-instance unit first"));
    }
    let live = cluster.get(&deployment()).await?;
    let requests = ReleaseRequests::new(cluster);
    let action = Action::new(&requests, Arc::clone(&cx.gates.clock), cx.gates.events.clone());
    let (name, namespace) = Inputs::release()?;
    let done = action.uninstall(&name, &namespace).await?;
    if let Some(live) = live {
        let gate = Gone::new(deployment(), live.uid());
        cx.gates.prove(&gate, GONE, cluster.observe_one(deployment())).await?;
    }
    for kept in &done.kept {
        cx.gates.events.warn(format!("{kept} was left, as its chart asks"));
    }
    for foreign in &done.foreign {
        cx.gates.events.warn(format!("{foreign} was left: it is not the release's any more"));
    }
    Ok(())
}
