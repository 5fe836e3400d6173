//! The canary of VolSync: made, judged, taken away.

use fluxlift_kube::{Class, Deletion, Object, ObjectRef, Query, RequestError};
use serde_json::json;

use super::super::{RestoreError, Round};
use super::gates::VolSyncLive;
use super::kinds::DESTINATION;
use crate::canary::LABEL;

/// Proves that VolSync works, by a canary in `namespace`. It is taken away whatever came of it.
pub(super) async fn prove(round: &Round, namespace: &str) -> Result<(), RestoreError> {
    sweep(round, namespace).await?;
    let name = format!("fluxlift-canary-{}", round.word());
    let target = ObjectRef::namespaced(DESTINATION, namespace, name);
    let object = Object::named(&target).with_label(LABEL, &round.run).with("spec", json!({}));
    let made = round.cluster.create(&DESTINATION, &object).await?;
    let gate = VolSyncLive::new(made.uid());
    let proven = round.cx.prove(&gate, round.limits.needs, round.cluster.observe_one(target.clone())).await;
    let removed = gone_is_fine(round.cluster.delete(&target, &Deletion::of(&made)).await);
    proven?;
    Ok(removed?)
}

/// Takes away what a crashed run left.
async fn sweep(round: &Round, namespace: &str) -> Result<(), RestoreError> {
    let left = Query::all(DESTINATION).labelled(LABEL);
    let left = match round.cluster.list(&left).await {
        Err(error) if error.class() == Class::Forbidden => round.cluster.list(&left.within(namespace)).await?,
        all => all?,
    };
    for canary in left.iter() {
        gone_is_fine(round.cluster.delete(&canary.reference(&DESTINATION), &Deletion::of(canary)).await)?;
    }
    Ok(())
}

fn gone_is_fine(result: Result<bool, RequestError>) -> Result<(), RequestError> {
    match result {
        Err(error) if !matches!(error.class(), Class::NotFound | Class::Conflict) => Err(error),
        _ => Ok(()),
    }
}
