//! The scheduler: binds Pods to nodes that are Ready.

use std::sync::Arc;

use serde_json::{Value, json};

use super::conditions::{self, moment};
use super::object::{entries, is_deleting, items, label, some_text, text};
use super::{Outcome, Pass, Passed};
use crate::kube::GroupResource;

/// Binds a Pod, or says why it can't be bound; a change of a node brings it back.
pub(super) fn reconcile(pass: &mut Pass<'_>) -> Passed {
    let unbound = |pod: &Arc<Value>| some_text(pod, "/spec/nodeName").is_none() && !is_deleting(pod);
    let Some(pod) = pass.object().filter(unbound) else { return Ok(Outcome::Done) };
    let nodes = pass.list(&GroupResource::NODES, None);
    let load = |node: &Value| {
        let name = text(node, "/metadata/name");
        pass.world.controllers.containers.values().filter(|container| container.node == name).count()
    };
    let fitting = nodes.iter().filter(|node| conditions::is_true(node, "Ready") && tolerates(&pod, node, false));
    let chosen = fitting.min_by_key(|node| load(node)).map(|node| text(node, "/metadata/name").to_owned());
    let now = moment(pass.now());
    let Some(chosen) = chosen else {
        let message = format!(
            "0/{} nodes are available: {} node(s) were not ready or had untolerated taint(s).",
            nodes.len(),
            nodes.len()
        );
        pass.status(|status| {
            status["phase"] = json!("Pending");
            status["conditions"] = json!([{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
                "message": message, "lastTransitionTime": now, "lastProbeTime": null}]);
        })?;
        return Ok(Outcome::Done);
    };
    let key = pass.key.clone();
    pass.modify(&key, |pod| pod["spec"]["nodeName"] = json!(chosen))?;
    pass.status(|status| {
        status["conditions"] =
            json!([{"type": "PodScheduled", "status": "True", "lastTransitionTime": now, "lastProbeTime": null}]);
    })?;
    Ok(Outcome::Done)
}

/// Whether a Pod, or an object with a Pod's `spec`, may run on `node` by its taints and its node selector.
pub(super) fn tolerates(pod: &Value, node: &Value, even_not_ready: bool) -> bool {
    let selected = entries(pod, "/spec/nodeSelector").all(|(key, value)| label(node, key) == value.as_str());
    let keeps_out = |taint: &Value| {
        let key = text(taint, "/key");
        let forgiven = even_not_ready && key.starts_with("node.kubernetes.io/");
        text(taint, "/effect") != "PreferNoSchedule"
            && !forgiven
            && !items(pod, "/spec/tolerations").any(|toleration| covers(toleration, taint))
    };
    selected && !items(node, "/spec/taints").any(keeps_out)
}

fn covers(toleration: &Value, taint: &Value) -> bool {
    let key = some_text(toleration, "/key");
    let exists = text(toleration, "/operator") == "Exists";
    let key_fits = key.map_or(exists, |key| key == text(taint, "/key"));
    let value_fits = exists || text(toleration, "/value") == text(taint, "/value");
    let effect_fits = some_text(toleration, "/effect").is_none_or(|effect| effect == text(taint, "/effect"));
    key_fits && value_fits && effect_fits
}
