//! Nodes are Ready and have a network for Pods.

use fluxlift_kube::{Collection, Object};

use crate::doctor::ids::{NO_NODE, NODE_NETWORK, NODE_NOT_READY};
use crate::doctor::{Finding, Judged, Read};

pub(super) fn judge(nodes: &Read<Collection>) -> Read<Judged> {
    let nodes = nodes.as_ref()?;
    if nodes.is_empty() {
        let act = "wait for the first kubelet to register, or see why it does not: `talosctl services`";
        let seen = "the cluster answers, and has no node";
        return Ok(Judged::found(Finding::error(NO_NODE, seen, act)));
    }
    let mut judged = Judged::default();
    let mut ready = 0;
    for node in nodes.iter() {
        match trouble(node) {
            Some(finding) => judged.push(finding.about(node.title())),
            None => ready += 1,
        }
    }
    judged.saw(format!("{ready} of {} nodes are Ready, their network included", nodes.len()));
    if nodes.iter().all(|node| node.flag("/spec/unschedulable")) {
        let act = "let Pods onto one of them: `kubectl uncordon <node>`";
        judged.push(Finding::error(NODE_NOT_READY, "every node is cordoned: no new Pod starts anywhere", act));
    }
    Ok(judged)
}

fn trouble(node: &Object) -> Option<Finding> {
    let describe = format!("kubectl describe node {}", node.name());
    let network = "see why the network plug-in's Pod does not run there: `kubectl get pods -n kube-system -o wide`";
    if let Some(lost) = node.condition("NetworkUnavailable").filter(|condition| condition.is_true()) {
        return Some(Finding::error(NODE_NETWORK, lost.to_string(), network));
    }
    match node.condition("Ready") {
        None => Some(Finding::error(NODE_NOT_READY, "it has no Ready condition yet", describe)),
        Some(ready) if ready.is_true() => None,
        // The kubelet says so in its message alone.
        Some(ready) if is_network(ready.message()) => Some(Finding::error(NODE_NETWORK, ready.to_string(), network)),
        Some(ready) => Some(Finding::error(NODE_NOT_READY, ready.to_string(), describe)),
    }
}

fn is_network(message: &str) -> bool {
    ["cni plugin not initialized", "network not ready", "NetworkPluginNotReady"].iter().any(|it| message.contains(it))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn judged(nodes: impl IntoIterator<Item = Value>) -> Judged {
        judge(&Ok(nodes.into_iter().map(Object::new).collect())).unwrap()
    }

    fn node(name: &str, conditions: Value) -> Value {
        json!({"kind": "Node", "metadata": {"name": name}, "status": {"conditions": conditions}})
    }

    fn ready() -> Value {
        json!([{"type": "Ready", "status": "True"}])
    }

    #[test]
    fn ready_nodes_are_fine() {
        let judged = judged([node("a", ready()), node("b", ready())]);
        assert_eq!(
            (judged.findings.len(), judged.seen[0].as_str()),
            (0, "2 of 2 nodes are Ready, their network included")
        );
    }

    #[test]
    fn a_list_without_nodes_that_was_answered_well_is_an_error() {
        assert_eq!(judged([]).findings[0].id, "no-node");
    }

    #[test]
    fn a_node_without_its_network_is_told_from_one_that_is_not_ready() {
        let message = "container runtime network not ready: cni plugin not initialized";
        let found = judged([
            node("a", json!([{"type": "Ready", "status": "False", "message": message}])),
            node("b", json!([{"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown"}])),
            node("c", json!([{"type": "Ready", "status": "True"}, {"type": "NetworkUnavailable", "status": "True"}])),
        ]);
        let ids: Vec<&str> = found.findings.iter().map(|finding| finding.id).collect();
        assert_eq!(ids, ["node-network", "node-not-ready", "node-network"]);
    }

    #[test]
    fn nodes_that_are_ready_and_all_cordoned_run_nothing_new() {
        let mut cordoned = node("a", ready());
        cordoned["spec"] = json!({"unschedulable": true});
        assert!(judged([cordoned]).findings[0].seen.contains("cordoned"));
    }
}
