//! The ReplicaSet controller: as many Pods as are wanted.

use std::sync::Arc;

use serde_json::{Value, json};

use super::conditions;
use super::object::{generation, is_deleting, key, number, owner};
use super::{Outcome, Pass, Passed, template};
use crate::kube::GroupResource;

/// Creates or deletes Pods until there are as many as the ReplicaSet wants.
pub(super) fn reconcile(pass: &mut Pass<'_>) -> Passed {
    let Some(set) = pass.object().filter(|set| !is_deleting(set)) else { return Ok(Outcome::Done) };
    let name = pass.key.name.clone();
    let pods: Vec<Arc<Value>> = pass
        .list(&GroupResource::PODS, pass.key.namespace.as_deref())
        .into_iter()
        .filter(|pod| owner(pod, "ReplicaSet") == Some(&name))
        .collect();
    let mut alive: Vec<&Arc<Value>> = pods.iter().filter(|pod| !is_deleting(pod)).collect();
    let wanted = usize::try_from(number(&set, "/spec/replicas").unwrap_or(1)).unwrap_or(0);
    for _ in alive.len()..wanted {
        template::create(pass, template::pod(&set))?;
    }
    if alive.len() > wanted {
        // Pods that are not Ready go first.
        alive.sort_by_key(|pod| !conditions::is_true(pod, "Ready"));
        for pod in alive.iter().rev().take(alive.len() - wanted) {
            pass.delete(&key(&GroupResource::PODS, pod))?;
        }
    }
    let ready = alive.iter().filter(|pod| conditions::is_true(pod, "Ready")).count().min(wanted);
    let (observed, replicas) = (generation(&set), alive.len().min(wanted).max(usize::from(wanted == 0) * pods.len()));
    pass.status(|status| {
        *status = json!({"observedGeneration": observed, "replicas": replicas, "fullyLabeledReplicas": replicas,
            "readyReplicas": ready, "availableReplicas": ready});
    })?;
    Ok(Outcome::Done)
}
