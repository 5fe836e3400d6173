//! What is taken of an object: the fields that are named here, and nothing else.

use std::collections::BTreeMap;

use fluxlift_kube::Object;
use serde_json::{Map, Value, json};

/// Whose annotations say how an object is handled. All others may hold anything, `kubectl apply` a whole object.
const ANNOTATIONS: [&str; 3] = ["reconcile.fluxcd.io/", "fluxcd.controlplane.io/", "fluxlift.dev/"];
const METADATA: [&str; 8] = [
    "name",
    "namespace",
    "uid",
    "generation",
    "resourceVersion",
    "creationTimestamp",
    "deletionTimestamp",
    "finalizers",
];
/// Of specifications: what an object waits for and where it looks. No values, no patches, no substitutions.
const SPEC: [&str; 27] = [
    "suspend",
    "interval",
    "timeout",
    "retryInterval",
    "dependsOn",
    "sourceRef",
    "chartRef",
    "path",
    "prune",
    "wait",
    "url",
    "ref",
    "type",
    "targetNamespace",
    "serviceAccountName",
    "releaseName",
    "storageNamespace",
    "distribution",
    "components",
    "cluster",
    "sync",
    "replicas",
    "nodeName",
    "unschedulable",
    "taints",
    "holderIdentity",
    "renewTime",
];
/// Of statuses: what is said, of which generation, and since when.
const STATUS: [&str; 24] = [
    "observedGeneration",
    "conditions",
    "lastAppliedRevision",
    "lastAttemptedRevision",
    "lastAttemptedGeneration",
    "lastHandledReconcileAt",
    "lastHandledForceAt",
    "lastHandledResetAt",
    "lastAttemptedReleaseAction",
    "failures",
    "installFailures",
    "upgradeFailures",
    "helmChart",
    "artifact",
    "components",
    "replicas",
    "updatedReplicas",
    "availableReplicas",
    "readyReplicas",
    "phase",
    "reason",
    "message",
    "containerStatuses",
    "nodeInfo",
];
/// Of a release's history: which revisions there were, and how they ended.
const HISTORY: [&str; 8] =
    ["name", "namespace", "version", "status", "chartName", "chartVersion", "firstDeployed", "lastDeployed"];

/// What a bundle says of `object`.
pub fn of(object: &Object) -> Value {
    let mut spec = pick(object.at("/spec"), &SPEC);
    let chart = pick(object.at("/spec/chart/spec"), &["chart", "version", "sourceRef"]);
    if !chart.is_empty() {
        spec.insert("chart".to_owned(), Value::Object(chart));
    }
    let mut status = pick(object.at("/status"), &STATUS);
    let history: Vec<Value> =
        object.items("/status/history").iter().map(|entry| Value::Object(pick(entry, &HISTORY))).collect();
    if !history.is_empty() {
        status.insert("history".to_owned(), Value::Array(history));
    }
    let mut metadata = pick(object.at("/metadata"), &METADATA);
    let annotations = object.at("/metadata/annotations").as_object().into_iter().flatten();
    let ours = annotations.filter(|(name, _)| ANNOTATIONS.iter().any(|prefix| name.starts_with(prefix)));
    let ours: Map<String, Value> = ours.map(|(name, value)| (name.clone(), value.clone())).collect();
    metadata.insert("annotations".to_owned(), Value::Object(ours));
    metadata.insert("labels".to_owned(), object.at("/metadata/labels").clone());
    json!({"kind": object.kind(), "apiVersion": object.api_version(), "metadata": metadata, "spec": spec, "status": status})
}

/// What a bundle says of a Secret: that it is there, and the names of what is in it.
pub fn of_secret(secret: &Object) -> Value {
    let keys: Vec<&String> = secret.at("/data").as_object().into_iter().flatten().map(|(name, _)| name).collect();
    json!({"name": secret.name(), "namespace": secret.namespace(), "type": secret.text("/type"), "keys": keys})
}

/// What a bundle says of an event.
pub fn of_event(event: &Object) -> Value {
    let about = event.at("/involvedObject");
    let object = format!(
        "{}/{}/{}",
        about["kind"].as_str().unwrap_or_default().to_lowercase(),
        about["namespace"].as_str().unwrap_or_default(),
        about["name"].as_str().unwrap_or_default()
    );
    let at = ["/lastTimestamp", "/eventTime", "/metadata/creationTimestamp"].into_iter();
    let at = at.map(|field| event.at(field)).find(|time| time.is_string()).cloned().unwrap_or_default();
    json!({"at": at, "type": event.at("/type"), "reason": event.at("/reason"), "object": object,
        "count": event.at("/count"), "message": event.at("/message")})
}

/// Of `from` the fields that are named.
pub(super) fn pick(from: &Value, fields: &[&str]) -> Map<String, Value> {
    let taken = fields.iter().filter_map(|field| Some(((*field).to_owned(), from.get(field)?.clone())));
    taken.collect::<BTreeMap<_, _>>().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_patches_and_what_kubectl_remembers_are_not_taken() {
        let object = Object::new(
            json!({"kind": "HelmRelease", "apiVersion": "helm.toolkit.fluxcd.io/v2", "metadata": {
                "name": "db", "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{\"password\":\"x\"}",
                    "reconcile.fluxcd.io/requestedAt": "now"}},
            "spec": {"interval": "1h", "values": {"password": "x"}, "postRenderers": [], "valuesFrom": [{"name": "y"}]},
            "status": {"observedGeneration": -1, "history": [{"version": 1, "status": "failed", "configDigest": "z"}]}}),
        );
        let record = of(&object);
        assert_eq!(record["spec"], json!({"interval": "1h"}));
        assert_eq!(record["metadata"]["annotations"], json!({"reconcile.fluxcd.io/requestedAt": "now"}));
        assert_eq!(record["status"]["history"], json!([{"version": 1, "status": "failed"}]));
    }

    #[test]
    fn of_a_secret_only_the_names_are_taken() {
        let secret =
            Object::new(json!({"kind": "Secret", "metadata": {"name": "s", "namespace": "n"}, "type": "Opaque",
            "data": {"token": "aHVudGVyMg=="}}));
        assert_eq!(of_secret(&secret), json!({"name": "s", "namespace": "n", "type": "Opaque", "keys": ["token"]}));
    }
}
