//! No node runs out of memory, disk or process ids.

use fluxlift_kube::Collection;

use crate::doctor::ids::NODE_PRESSURE;
use crate::doctor::{Finding, Judged, Read};

const KINDS: [&str; 3] = ["MemoryPressure", "DiskPressure", "PIDPressure"];

pub(super) fn judge(nodes: &Read<Collection>) -> Read<Judged> {
    let nodes = nodes.as_ref()?;
    if nodes.is_empty() {
        return Ok(Judged::absent("there is no node"));
    }
    let mut judged = Judged::default();
    for node in nodes.iter() {
        let act = format!("free or add what it lacks: `kubectl describe node {}`, `kubectl top pods -A`", node.name());
        for pressure in KINDS.iter().filter_map(|kind| node.condition(kind)) {
            match pressure.status() {
                "False" => {}
                // The kubelet has not spoken for a while: what it said before is no comfort.
                "Unknown" => judged.not_known(format!("{}: {pressure}", node.title())),
                _ => judged.push(Finding::warning(NODE_PRESSURE, pressure.to_string(), &*act).about(node.title())),
            }
        }
    }
    if judged.findings.is_empty() {
        judged.saw(format!("none of {} nodes is under pressure", nodes.len()));
    }
    Ok(judged)
}

#[cfg(test)]
mod tests {
    use fluxlift_kube::Object;
    use serde_json::json;

    use super::*;
    use crate::doctor::Severity;

    fn judged(status: &str) -> Judged {
        let node = json!({"kind": "Node", "metadata": {"name": "a"}, "status": {"conditions": [
            {"type": "DiskPressure", "status": status, "reason": "KubeletHasDiskPressure"},
            {"type": "MemoryPressure", "status": "False"}]}});
        judge(&Ok([Object::new(node)].into_iter().collect())).unwrap()
    }

    #[test]
    fn a_node_with_room_is_fine() {
        assert!(judged("False").findings.is_empty());
    }

    #[test]
    fn a_full_disk_is_told_and_a_silent_kubelet_is_not_taken_for_room() {
        assert_eq!(judged("True").findings[0].id, "node-pressure");
        assert_eq!(judged("Unknown").findings[0].severity, Severity::Unknown);
    }
}
