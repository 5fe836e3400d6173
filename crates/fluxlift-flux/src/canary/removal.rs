//! Taking canaries away: those of this run afterwards, those of a crashed run before.

use fluxlift_core::{Deadline, Evidence, Gate, GateName, Observation, Verdict};
use fluxlift_gate::{GateContext, GateError};
use fluxlift_kube::{Class, Cluster, Collection, Deletion, Kind, ObjectRef, Query, RequestError};
use futures::future::try_join_all;
use serde_json::json;

use super::{LABEL, Species};
use crate::Component;
use crate::kinds::{self, NAMESPACE};

/// How long a live controller may take to let go of a canary before its finalizer is taken off by us.
const PATIENCE: Deadline = Deadline::secs(15);

/// Asks for the deletion of every canary of the default controllers and of `listed` ones, and says of which kinds there
/// were any. A controller that is listed no more has taken its definitions with it, and so its canaries.
///
/// Canaries that are not suspended are suspended first: a worker that is stuck in a download lets go sooner.
pub(super) async fn delete_all(cluster: &Cluster, listed: &[Component]) -> Result<Vec<Kind>, RequestError> {
    let wanted = |component: &Component| Component::DEFAULT.contains(component) || listed.contains(component);
    let species = Component::ALL.into_iter().filter(wanted).flat_map(Species::of);
    let deleted = try_join_all(species.map(|species| delete_kind(cluster, species.kind()))).await?;
    Ok(deleted.into_iter().flatten().collect())
}

/// Takes away what a crashed run left. An instance that changes nothing proves nothing anew, so this does not wait for
/// the next round.
///
/// # Errors
/// When one can't be taken away.
pub async fn sweep(cx: &GateContext, cluster: &Cluster, listed: &[Component]) -> Result<(), super::CanaryError> {
    let kinds = delete_all(cluster, listed).await?;
    settle(cx, cluster, kinds).await
}

async fn delete_kind(cluster: &Cluster, kind: Kind) -> Result<Option<Kind>, RequestError> {
    let Some((kind, found)) = list(cluster, kind).await? else { return Ok(None) };
    for canary in found.iter() {
        let target = canary.reference(&kind);
        if !canary.flag("/spec/suspend") {
            gone_is_fine(cluster.merge(&target, &json!({"spec": {"suspend": true}})).await)?;
        }
        gone_is_fine(cluster.delete(&target, &Deletion::of(canary)).await)?;
    }
    Ok((!found.is_empty()).then_some(kind))
}

/// The canaries of `kind`, at a version that is served; `None` where the kind is not known to the cluster.
async fn list(cluster: &Cluster, kind: Kind) -> Result<Option<(Kind, Collection)>, RequestError> {
    let listed = cluster.list(&query(kind.clone())).await;
    match listed {
        Ok(found) => Ok(Some((kind, found))),
        Err(error) if error.is_not_found() => {
            // Perhaps at another version.
            let Some(other) = kinds::served(cluster, &kind).await?.filter(|other| *other != kind) else {
                return Ok(None);
            };
            let found = cluster.list(&query(other.clone())).await?;
            Ok(Some((other, found)))
        }
        Err(error) => Err(error),
    }
}

fn query(kind: Kind) -> Query {
    Query::all(kind).within(NAMESPACE).labelled(LABEL)
}

/// Waits until the canaries of these kinds are gone; takes finalizers off where no controller does.
///
/// That is safe: a canary has no release and applied nothing.
pub(super) async fn settle(cx: &GateContext, cluster: &Cluster, kinds: Vec<Kind>) -> Result<(), super::CanaryError> {
    if kinds.is_empty() {
        return Ok(());
    }
    let observed = || cluster.observe_all(kinds.iter().cloned().map(query));
    match cx.prove(&NoneLeft, PATIENCE, observed()).await {
        Ok(_) => return Ok(()),
        Err(GateError::Deadline { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    for kind in &kinds {
        for canary in cluster.list(&query(kind.clone())).await?.iter() {
            let target = canary.reference(kind);
            gone_is_fine(cluster.merge(&target, &json!({"metadata": {"finalizers": null}})).await)?;
            cx.events.warn(format!("{target} was not let go by its controller; its finalizer was removed"));
        }
    }
    cx.prove(&NoneLeft, PATIENCE, observed()).await?;
    Ok(())
}

fn gone_is_fine<T>(result: Result<T, RequestError>) -> Result<(), RequestError> {
    match result {
        Err(error) if !matches!(error.class(), Class::NotFound | Class::Conflict) => Err(error),
        _ => Ok(()),
    }
}

/// Proven when no canary is left.
struct NoneLeft;

impl Gate for NoneLeft {
    type Snapshot = Vec<Collection>;

    fn name(&self) -> GateName {
        GateName::new("canaries removed")
    }

    fn judge(&self, seen: &Observation<'_, Vec<Collection>>) -> Verdict {
        let mut left = seen.snapshot.iter().flat_map(Collection::iter);
        let target = |object: &fluxlift_kube::Object| object.title();
        match left.next() {
            None => Verdict::proven(Evidence::new(format!("objects labelled {LABEL}"), "none left")),
            Some(one) => Verdict::pending(format!("{} and {} others are still there", target(one), left.count())),
        }
    }
}

/// Which object a canary of `kind` is.
pub(super) fn target(kind: &Kind, name: &str) -> ObjectRef {
    ObjectRef::namespaced(kind.clone(), NAMESPACE, name)
}
