//! A machine is ready to run Pods.

use fluxlift_core::{Gate, GateName, Observation, Verdict};

use crate::{Collection, Object};

/// Proven when at least one node is Ready and takes Pods.
///
/// An empty list is pending: a cluster whose first kubelet has not registered yet answers with no nodes and no error.
#[derive(Debug, Clone, Copy, Default)]
pub struct NodeReady;

impl Gate for NodeReady {
    type Snapshot = Collection;

    fn name(&self) -> GateName {
        GateName::new("a node is ready")
    }

    fn judge(&self, seen: &Observation<'_, Collection>) -> Verdict {
        let usable = |node: &&Object| node.condition("Ready").is_some_and(|c| c.is_true()) && !node.is_terminating();
        if let Some(node) = seen.snapshot.iter().filter(usable).find(|node| !node.flag("/spec/unschedulable")) {
            return Verdict::proven(node.evidence("status.conditions[Ready]=True"));
        }
        match seen.snapshot.iter().next() {
            None => Verdict::pending("no node has registered yet"),
            Some(node) => {
                let why = match node.condition("Ready") {
                    Some(c) if c.is_true() => "it is Ready but takes no Pods".to_owned(),
                    Some(c) => c.to_string(),
                    None => "it has no Ready condition".to_owned(),
                };
                let count = seen.snapshot.len();
                Verdict::pending(format!("none of {count} nodes is ready; {}: {why}", node.title()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn judge(nodes: impl IntoIterator<Item = serde_json::Value>) -> Verdict {
        let snapshot: Collection = nodes.into_iter().map(Object::new).collect();
        NodeReady.judge(&Observation { snapshot: &snapshot, unchanged_for: Duration::ZERO })
    }

    #[test]
    fn a_list_without_nodes_is_pending_however_well_it_was_answered() {
        assert_eq!(judge([]), Verdict::pending("no node has registered yet"));
    }

    #[test]
    fn a_node_without_its_network_is_named_with_its_reason() {
        let node = json!({"kind": "Node", "metadata": {"name": "solcp01"}, "status": {"conditions": [
            {"type": "Ready", "status": "False", "reason": "KubeletNotReady", "message": "cni plugin not initialized"}]}});
        let why = "none of 1 nodes is ready; node/solcp01: Ready=False (KubeletNotReady): cni plugin not initialized";
        assert_eq!(judge([node]), Verdict::pending(why));
    }

    #[test]
    fn a_cordoned_node_does_not_count() {
        let ready = json!([{"type": "Ready", "status": "True"}]);
        let node = json!({"kind": "Node", "metadata": {"name": "a"}, "spec": {"unschedulable": true},
            "status": {"conditions": ready}});
        assert!(!judge([node.clone()]).is_proven());
        let other = json!({"kind": "Node", "metadata": {"name": "b"}, "status": {"conditions": ready}});
        assert!(judge([node, other]).is_proven());
    }
}
