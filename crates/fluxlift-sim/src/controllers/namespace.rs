//! What a new namespace gets: its default ServiceAccount and the cluster's certificate authority.

use serde_json::json;

use super::object::is_deleting;
use super::{Outcome, Pass, Passed};
use crate::kube::{GroupResource, Key};

/// What the cluster says of its own authority.
const ROOT_CA: &str = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints \
                       such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across \
                       distributions of Kubernetes clusters.";

/// Gives a namespace what it lacks.
pub(super) fn reconcile(pass: &mut Pass<'_>) -> Passed {
    if pass.object().is_none_or(|namespace| is_deleting(&namespace)) {
        return Ok(Outcome::Done);
    }
    let namespace = pass.key.name.clone();
    if pass.get(&Key::namespaced(&GroupResource::SERVICE_ACCOUNTS, &namespace, "default")).is_none() {
        let account = json!({"apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"name": "default", "namespace": namespace}});
        pass.create(&GroupResource::SERVICE_ACCOUNTS, account)?;
    }
    if pass.get(&Key::namespaced(&GroupResource::CONFIG_MAPS, &namespace, "kube-root-ca.crt")).is_none() {
        let authority = pass.world.kube.pki().map(|pki| pki.ca_pem.clone()).unwrap_or_default();
        let map = json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "kube-root-ca.crt", "namespace": namespace,
                "annotations": {"kubernetes.io/description": ROOT_CA}}, "data": {"ca.crt": authority}});
        pass.create(&GroupResource::CONFIG_MAPS, map)?;
    }
    Ok(Outcome::Done)
}
