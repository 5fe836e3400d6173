//! What an object must have been for a gate of fluxlift's to be proven by it: the lab's own reading of each gate's name.

use serde_json::Value;

/// Gates of something that is not there: no object, and so no revision.
const ABSENCES: [&str; 2] = ["canaries removed", " gone"];

/// Whether a gate is of something that is not there.
pub fn is_of_an_absence(gate: &str) -> bool {
    ABSENCES.iter().any(|absence| gate.ends_with(absence))
}

/// Whether `object` is what the gate of this name must have seen; `None` where no law knows the name.
pub fn holds(gate: &str, object: &Value) -> Option<bool> {
    let status = &object["status"];
    let generation = &object["metadata"]["generation"];
    let is = |prefix: &str| gate.starts_with(prefix);
    Some(if is("canary ") {
        let echoed = echoes(object) || is_refused_automation(object);
        let sent = object["metadata"]["labels"]["fluxlift.dev/canary"].is_string()
            && object["metadata"]["deletionTimestamp"].is_null();
        // A suspended HelmRelease alone is given its generation too.
        sent && echoed && (object["kind"] != "HelmRelease" || &status["observedGeneration"] == generation)
    } else if let Some((force, _)) = gate.split_once(" helped ") {
        // A restart asks for nothing.
        is_ready(object) && &status["observedGeneration"] == generation && (force == "restart" || echoes(object))
    } else if is("path ") {
        is_not_found(object)
    } else if is("crd/") {
        has_condition(object, "Established")
    } else if is("fluxinstance/") {
        is_ready(object) && &condition(object, "Ready")["observedGeneration"] == generation
    } else if is("gitrepository/") || is("kustomization/") || gate == "delivered set ready" {
        is_ready(object) && &status["observedGeneration"] == generation
    } else if is("fluxreport/") || is("node") || gate.contains("node") {
        is_ready(object)
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

/// Whether it says that source-controller was reached, and does not have what was asked for.
pub fn is_not_found(object: &Value) -> bool {
    let ready = condition(object, "Ready");
    let message = ready["message"].as_str().unwrap_or_default();
    ready["status"] == "False" && ready["reason"] == "ArtifactFailed" && message.contains("artifact not found")
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
