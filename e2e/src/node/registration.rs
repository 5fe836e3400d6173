//! The Node object and its Lease.

use std::time::Duration;

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::Node;
use kube::api::{DeleteParams, Patch, PatchParams};
use kube::{Api, Client};
use serde_json::json;

use super::NAME;
use crate::LabError;
use crate::patience::{now, pass};

/// How often the Lease is renewed: as often as a kubelet does.
const BEAT: Duration = Duration::from_secs(10);

/// Registers the node and makes it Ready.
pub(super) async fn register(client: &Client) -> Result<(), LabError> {
    let nodes: Api<Node> = Api::all(client.clone());
    let apply = PatchParams::apply("lab-node").force();
    let object = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": NAME,
        "labels": {"kubernetes.io/hostname": NAME, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}}});
    nodes.patch(NAME, &apply, &Patch::Apply(&object)).await.map_err(LabError::kube("register the node"))?;
    let resources = json!({"cpu": "64", "memory": "256Gi", "pods": "250", "ephemeral-storage": "100Gi"});
    let condition = |kind: &str, status: &str, reason: &str| {
        json!({"type": kind, "status": status, "reason": reason, "message": "the lab says so",
            "lastHeartbeatTime": now(false), "lastTransitionTime": now(false)})
    };
    let status = json!({"apiVersion": "v1", "kind": "Node", "status": {
        "capacity": resources, "allocatable": resources,
        "addresses": [{"type": "InternalIP", "address": "10.0.0.1"}, {"type": "Hostname", "address": NAME}],
        "conditions": [
            condition("Ready", "True", "KubeletReady"),
            condition("MemoryPressure", "False", "KubeletHasSufficientMemory"),
            condition("DiskPressure", "False", "KubeletHasNoDiskPressure"),
            condition("PIDPressure", "False", "KubeletHasSufficientPID"),
        ],
        "nodeInfo": {"architecture": "amd64", "operatingSystem": "linux", "osImage": "lab", "kernelVersion": "lab",
            "kubeletVersion": "v1.36.3", "kubeProxyVersion": "", "containerRuntimeVersion": "process://1",
            "machineID": NAME, "systemUUID": NAME, "bootID": NAME},
    }});
    nodes.patch_status(NAME, &apply, &Patch::Apply(&status)).await.map_err(LabError::kube("make the node Ready"))?;
    Ok(())
}

/// Takes the node out.
pub(super) async fn withdraw(client: &Client) -> Result<(), LabError> {
    let nodes: Api<Node> = Api::all(client.clone());
    nodes.delete(NAME, &DeleteParams::default()).await.map_err(LabError::kube("delete the node"))?;
    Ok(())
}

/// Renews the Lease for ever. A beat that is lost is made up for by the next.
pub(super) async fn beat(client: Client) {
    let leases: Api<Lease> = Api::namespaced(client, "kube-node-lease");
    let apply = PatchParams::apply("lab-node").force();
    loop {
        let lease = json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": NAME},
            "spec": {"holderIdentity": NAME, "leaseDurationSeconds": 40, "renewTime": now(true)}});
        let beaten = leases.patch(NAME, &apply, &Patch::Apply(&lease)).await;
        pass(if beaten.is_ok() { BEAT } else { BEAT / 20 }).await;
    }
}
