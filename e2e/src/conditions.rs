//! What an object must have been for a gate of fluxlift's to be proven by it: the lab's own reading of each gate's name.

use serde_json::Value;

/// Gates of something that is not there: no object, and so no revision.
const ABSENCES: [&str; 2] = ["canaries removed", " gone"];

/// Whether a gate is of something that is not there.
pub fn is_of_an_absence(gate: &str) -> bool {
    ABSENCES.iter().any(|absence| gate.ends_with(absence))
}

/// Whether `object` is what the gate of this name must have seen of it; `None` where no law knows the name. What a gate
/// must have seen of other objects, the [`laws`](crate::laws) know.
pub fn holds(gate: &str, object: &Value) -> Option<bool> {
    let status = &object["status"];
    let generation = &object["metadata"]["generation"];
    let is = |prefix: &str| gate.starts_with(prefix);
    let says = |place: &str| object.pointer(place).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    Some(if is("canary ") {
        let echoed = echoes(object) || is_refused_automation(object);
        // A suspended HelmRelease alone is given its generation too.
        is_sent(object) && echoed && (object["kind"] != "HelmRelease" || &status["observedGeneration"] == generation)
    } else if let Some((force, _)) = gate.split_once(" helped ") {
        // A restart asks for nothing.
        is_ready(object) && &status["observedGeneration"] == generation && (force == "restart" || echoes(object))
    } else if is("path ") {
        is_not_found(object)
    } else if is("crd/") {
        has_condition(object, "Established")
    } else if is("fluxinstance/") {
        is_ready(object) && &condition(object, "Ready")["observedGeneration"] == generation
    } else if is("gitrepository/") {
        is_ready_now(object) && says("/status/artifact/revision")
    } else if is("kustomization/") && gate.ends_with(" adopted") {
        let labels = &object["metadata"]["labels"];
        labels["fluxcd.controlplane.io/name"].is_string() && labels["kustomize.toolkit.fluxcd.io/name"].is_null()
    } else if is("kustomization/") || gate == "delivered set ready" {
        // A release says nowhere which revision it has applied.
        let applied = object["kind"] == "HelmRelease" || says("/status/lastAppliedRevision");
        is_ready_now(object) && applied && object["spec"]["suspend"] != true
    } else if is("fluxreport/") {
        is_ready(object)
    } else if gate == "a node is ready" {
        is_ready(object) && object["spec"]["unschedulable"] != true && object["metadata"]["deletionTimestamp"].is_null()
    } else if is("deployment/") || is("leader of ") {
        let wanted = &object["spec"]["replicas"];
        &status["observedGeneration"] == generation
            && [&status["updatedReplicas"], &status["availableReplicas"], &status["replicas"]]
                .iter()
                .all(|n| *n == wanted)
    } else {
        return None;
    })
}

/// Whether it is an ImageUpdateAutomation that its controller has refused for good, as it is now: that one echoes nothing.
pub fn is_refused_automation(object: &Value) -> bool {
    let (generation, stalled) = (&object["metadata"]["generation"], condition(object, "Stalled"));
    object["kind"] == "ImageUpdateAutomation"
        && stalled["status"] == "True"
        && stalled["reason"] == "InvalidSourceConfiguration"
        && &stalled["observedGeneration"] == generation
        && &object["status"]["observedGeneration"] == generation
}

/// Whether a canary says, as it is now, that its controller has asked source-controller and was told that there is nothing.
/// Each controller says it in its own words. Of a source without an artifact, for which nobody need be asked,
/// kustomize-controller says "Source artifact not found", which sounds alike.
pub fn is_not_found(object: &Value) -> bool {
    let answer = match object["kind"].as_str() {
        Some("HelmRelease") => "artifact not found",
        Some("Kustomization") => "source is not ready, artifact not found",
        _ => return false,
    };
    let (generation, ready) = (&object["metadata"]["generation"], condition(object, "Ready"));
    is_sent(object)
        && ready["status"] == "False"
        && ready["reason"] == "ArtifactFailed"
        && generation.is_number()
        && &ready["observedGeneration"] == generation
        && ready["message"].as_str().is_some_and(|message| message.to_lowercase().contains(answer))
}

/// Whether it is a canary that nobody takes away.
fn is_sent(object: &Value) -> bool {
    object["metadata"]["labels"]["fluxlift.dev/canary"].is_string() && object["metadata"]["deletionTimestamp"].is_null()
}

/// Whether an object's condition Ready is True.
pub fn is_ready(object: &Value) -> bool {
    has_condition(object, "Ready")
}

/// The same, and of the spec as it is now.
pub fn is_ready_now(object: &Value) -> bool {
    let generation = &object["metadata"]["generation"];
    is_ready(object) && generation.is_number() && generation == &object["status"]["observedGeneration"]
}

/// Whether a condition of an object is True.
pub fn has_condition(object: &Value, kind: &str) -> bool {
    condition(object, kind)["status"] == "True"
}

fn echoes(object: &Value) -> bool {
    let token = &object["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"];
    token.is_string() && token == &object["status"]["lastHandledReconcileAt"]
}

fn condition<'a>(object: &'a Value, kind: &str) -> &'a Value {
    const NONE: &Value = &Value::Null;
    let conditions = object["status"]["conditions"].as_array();
    conditions.into_iter().flatten().find(|condition| condition["type"] == kind).unwrap_or(NONE)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_canary_is_handled_when_it_echoes_and_a_release_only_at_its_generation() {
        let canary = |kind: &str, observed: i64| {
            json!({"kind": kind, "metadata": {"generation": 1, "labels": {"fluxlift.dev/canary": "run"},
                "annotations": {"reconcile.fluxcd.io/requestedAt": "t"}},
                "status": {"lastHandledReconcileAt": "t", "observedGeneration": observed}})
        };
        assert_eq!(holds("canary source-controller Bucket", &canary("Bucket", -1)), Some(true));
        assert_eq!(holds("canary helm-controller HelmRelease", &canary("HelmRelease", -1)), Some(false));
        assert_eq!(holds("canary helm-controller HelmRelease", &canary("HelmRelease", 1)), Some(true));
        let refused = |observed: i64| {
            json!({"kind": "ImageUpdateAutomation", "metadata": {"generation": 1,
                "labels": {"fluxlift.dev/canary": "run"}}, "status": {"observedGeneration": observed,
                "conditions": [{"type": "Stalled", "status": "True", "reason": "InvalidSourceConfiguration",
                    "observedGeneration": 1}]}})
        };
        let gate = "canary image-automation-controller ImageUpdateAutomation";
        assert_eq!((holds(gate, &refused(1)), holds(gate, &refused(-1))), (Some(true), Some(false)));
        assert_eq!(holds("the moon is full", &json!({})), None);
    }

    #[test]
    fn what_is_delivered_is_ready_at_its_generation_and_a_kustomization_has_applied_a_revision() {
        let ready = |kind: &str, observed: i64| {
            json!({"kind": kind, "metadata": {"generation": 2}, "spec": {},
                "status": {"observedGeneration": observed, "conditions": [{"type": "Ready", "status": "True"}]}})
        };
        let gate = "delivered set ready";
        assert_eq!(holds(gate, &ready("HelmRelease", 2)), Some(true));
        assert_eq!(holds(gate, &ready("HelmRelease", 1)), Some(false));
        assert_eq!(holds(gate, &ready("Kustomization", 2)), Some(false));
        let mut applied = ready("Kustomization", 2);
        applied["status"]["lastAppliedRevision"] = json!("main@sha1:1");
        assert_eq!(holds(gate, &applied), Some(true));
        applied["spec"]["suspend"] = json!(true);
        assert_eq!(holds(gate, &applied), Some(false));
    }

    fn walker(kind: &str, message: &str) -> Value {
        let ready = json!({"type": "Ready", "status": "False", "reason": "ArtifactFailed", "message": message,
            "observedGeneration": 2});
        json!({"kind": kind, "metadata": {"generation": 2, "labels": {"fluxlift.dev/canary": "run"}},
            "status": {"conditions": [ready]}})
    }

    #[test]
    fn a_path_is_walked_when_its_controller_was_told_that_there_is_nothing() {
        let helm = walker("HelmRelease", "Source not ready: artifact not found. Retrying in 5s");
        let kustomize = walker("Kustomization", "Source is not ready, artifact not found, retrying in 30s");
        assert!(is_not_found(&helm) && is_not_found(&kustomize));
        // Nobody was asked: the source has no artifact.
        assert!(!is_not_found(&walker("Kustomization", "Source artifact not found, retrying in 30s")));
        let lies = [("/metadata/generation", json!(3)), ("/metadata/labels", json!({})), ("/kind", json!("HelmChart"))];
        for (place, lie) in lies {
            let mut object = helm.clone();
            *object.pointer_mut(place).unwrap() = lie;
            assert!(!is_not_found(&object), "{place}");
        }
        let mut leaving = kustomize;
        leaving["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        assert_eq!(holds("path kustomize-controller to source-controller", &leaving), Some(false));
    }

    #[test]
    fn a_node_that_takes_no_pods_is_not_ready_and_no_other_gate_is_judged_by_it() {
        let mut node =
            json!({"metadata": {}, "spec": {}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}});
        assert_eq!(holds("a node is ready", &node), Some(true));
        assert_eq!(holds("etcd begins on node-1", &node), None);
        node["spec"]["unschedulable"] = json!(true);
        assert_eq!(holds("a node is ready", &node), Some(false));
    }

    #[test]
    fn what_is_ready_without_a_revision_is_not_what_its_gate_saw() {
        let at = |status: Value| {
            let mut object = json!({"metadata": {"generation": 1}, "spec": {}, "status": status});
            object["status"]["observedGeneration"] = json!(1);
            object["status"]["conditions"] = json!([{"type": "Ready", "status": "True"}]);
            object
        };
        let source = "gitrepository/flux-system/flux-system ready";
        assert_eq!(holds(source, &at(json!({"artifact": {"revision": "main@sha1:1"}}))), Some(true));
        assert_eq!(holds(source, &at(json!({}))), Some(false));
        let mut root = at(json!({"lastAppliedRevision": "main@sha1:1"}));
        assert_eq!(holds("kustomization/flux-system ready", &root), Some(true));
        assert_eq!(holds("kustomization/flux-system ready", &at(json!({}))), Some(false));
        root["spec"]["suspend"] = json!(true);
        assert_eq!(holds("kustomization/flux-system ready", &root), Some(false));
        root["metadata"]["labels"] = json!({"fluxcd.controlplane.io/name": "flux"});
        assert_eq!(holds("kustomization/flux-system adopted", &root), Some(true));
        root["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/name"] = json!("flux-system");
        assert_eq!(holds("kustomization/flux-system adopted", &root), Some(false));
    }

    #[test]
    fn an_act_of_a_rescue_helped_when_it_echoes_and_is_ready_at_its_generation() {
        let release = |observed: i64, echo: &str| {
            json!({"metadata": {"generation": 2, "annotations": {"reconcile.fluxcd.io/requestedAt": "t"}},
                "status": {"lastHandledReconcileAt": echo, "observedGeneration": observed,
                    "conditions": [{"type": "Ready", "status": "True"}]}})
        };
        let gate = "reset helped helmrelease/apps/a";
        assert_eq!((holds(gate, &release(2, "t")), holds(gate, &release(1, "t"))), (Some(true), Some(false)));
        assert_eq!(holds(gate, &release(2, "of before")), Some(false));
        assert_eq!(holds("restart helped helmrelease/apps/a", &release(2, "of before")), Some(true));
    }
}
