//! The EndpointSlice controller: which Pods stand behind a Service.

use serde_json::{Value, json};

use super::conditions;
use super::object::{controlled_by, is_deleting, items, selects, some_text, text};
use super::{Outcome, Pass, Passed};
use crate::kube::{GroupResource, Key};

/// Brings the EndpointSlice of a Service up to date.
pub(super) fn reconcile(pass: &mut Pass<'_>) -> Passed {
    let Some(service) = pass.object().filter(|service| !is_deleting(service)) else { return Ok(Outcome::Done) };
    if !service["spec"]["selector"].is_object() {
        return Ok(Outcome::Done);
    }
    let selector = json!({"matchLabels": service["spec"]["selector"]});
    let endpoints: Vec<Value> = pass
        .list(&GroupResource::PODS, pass.key.namespace.as_deref())
        .iter()
        .filter(|pod| selects(&selector, pod) && some_text(pod, "/status/podIP").is_some())
        .map(|pod| {
            let (ready, ending) = (conditions::is_true(pod, "Ready"), is_deleting(pod));
            json!({"addresses": [text(pod, "/status/podIP")], "nodeName": pod["spec"]["nodeName"],
                "conditions": {"ready": ready && !ending, "serving": ready, "terminating": ending},
                "targetRef": {"kind": "Pod", "name": pod["metadata"]["name"],
                    "namespace": pod["metadata"]["namespace"], "uid": pod["metadata"]["uid"]}})
        })
        .collect();
    let ports: Vec<Value> = items(&service, "/spec/ports")
        .map(|port| json!({"name": text(port, "/name"), "port": port["port"], "protocol": port["protocol"]}))
        .collect();
    let name = format!("{}-{}", pass.key.name, &super::digest(&pass.key.name)[..5]);
    let key = Key::of(&GroupResource::ENDPOINT_SLICES, pass.key.namespace.as_deref(), &name);
    if pass.get(&key).is_some() {
        pass.modify(&key, |slice| {
            slice["endpoints"] = json!(endpoints);
            slice["ports"] = json!(ports);
        })?;
    } else {
        let slice = json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {"name": name, "namespace": pass.key.namespace, "ownerReferences": controlled_by(&service),
                "labels": {"kubernetes.io/service-name": pass.key.name,
                    "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"}},
            "endpoints": endpoints, "ports": ports});
        pass.create(&GroupResource::ENDPOINT_SLICES, slice)?;
    }
    Ok(Outcome::Done)
}
