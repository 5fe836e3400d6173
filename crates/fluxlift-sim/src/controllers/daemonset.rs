//! The DaemonSet controller: one Pod on each node that it may run on.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::conditions;
use super::object::{generation, is_deleting, key, owner, text};
use super::{Outcome, Pass, Passed, digest, scheduler, template};
use crate::kube::GroupResource;

/// The label that tells a DaemonSet's templates apart.
const HASH: &str = "controller-revision-hash";

/// Creates the missing Pods and deletes those of another template.
pub(super) fn reconcile(pass: &mut Pass<'_>) -> Passed {
    let Some(set) = pass.object().filter(|set| !is_deleting(set)) else { return Ok(Outcome::Done) };
    let name = pass.key.name.clone();
    let hash = digest(&set["spec"]["template"].to_string())[..10].to_owned();
    let pods: Vec<Arc<Value>> = pass
        .list(&GroupResource::PODS, pass.key.namespace.as_deref())
        .into_iter()
        .filter(|pod| owner(pod, "DaemonSet") == Some(&name))
        .collect();
    let nodes: BTreeSet<String> = pass
        .list(&GroupResource::NODES, None)
        .iter()
        // Its Pods tolerate nodes that are not Ready: the network itself comes this way.
        .filter(|node| scheduler::tolerates(&set["spec"]["template"], node, true))
        .map(|node| text(node, "/metadata/name").to_owned())
        .collect();
    for pod in pods.iter().filter(|pod| !is_deleting(pod)) {
        let current = super::object::label(pod, HASH) == Some(&hash);
        if !current || !nodes.contains(text(pod, "/spec/nodeName")) {
            pass.delete(&key(&GroupResource::PODS, pod))?;
        }
    }
    let taken: BTreeSet<&str> = pods.iter().map(|pod| text(pod, "/spec/nodeName")).collect();
    for node in nodes.iter().filter(|node| !taken.contains(node.as_str())) {
        let mut pod = template::pod(&set);
        pod["metadata"]["labels"][HASH] = json!(hash);
        pod["spec"]["nodeName"] = json!(node);
        template::create(pass, pod)?;
    }
    let ready = pods.iter().filter(|pod| conditions::is_true(pod, "Ready")).count();
    let updated = pods.iter().filter(|pod| super::object::label(pod, HASH) == Some(&hash)).count();
    let observed = generation(&set);
    pass.status(|status| {
        *status = json!({"observedGeneration": observed, "desiredNumberScheduled": nodes.len(),
            "currentNumberScheduled": pods.len(), "updatedNumberScheduled": updated, "numberReady": ready,
            "numberAvailable": ready, "numberMisscheduled": 0});
        if nodes.len() > ready {
            status["numberUnavailable"] = json!(nodes.len() - ready);
        }
    })?;
    Ok(Outcome::Done)
}
