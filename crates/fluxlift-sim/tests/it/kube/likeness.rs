//! What the real API server was seen to do where the simulated one once did otherwise.

use serde_json::{Value, json};

use super::client::Running;
use super::store::world;

const MAPS: &str = "/api/v1/namespaces/default/configmaps";
const JSON: [(&str, &str); 1] = [("content-type", "application/json")];
const MERGE: [(&str, &str); 1] = [("content-type", "application/merge-patch+json")];
const APPLY: [(&str, &str); 1] = [("content-type", "application/apply-patch+yaml")];

fn running() -> Running {
    let (world, kubeconfig) = world();
    Running::of(world, &kubeconfig)
}

async fn create(running: &Running, path: &str, object: &Value) -> Value {
    let (code, created) = running.send("POST", path, &JSON, &object.to_string()).await;
    assert_eq!(code, 201, "{created}");
    created
}

#[tokio::test(start_paused = true)]
async fn namespaces_that_a_cluster_needs_are_not_deleted() {
    let running = running();
    let (code, status) = running.send("DELETE", "/api/v1/namespaces/kube-system", &[], "").await;
    let message = "namespaces \"kube-system\" is forbidden: this namespace may not be deleted";
    assert_eq!((code, status["message"].as_str()), (403, Some(message)));
}

#[tokio::test(start_paused = true)]
async fn methods_that_no_collection_has_are_refused() {
    let running = running();
    for (method, path) in [
        ("DELETE", "/api/v1/namespaces"),
        ("DELETE", "/api/v1/configmaps"),
        ("POST", "/api/v1/configmaps"),
        ("DELETE", "/apis/apps/v1/namespaces/default/deployments/d/status"),
    ] {
        let (code, status) = running.send(method, path, &JSON, "{}").await;
        assert_eq!((code, &status["reason"]), (405, &json!("MethodNotAllowed")), "{method} {path}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_immutable_stays_so() {
    let running = running();
    create(&running, MAPS, &json!({"metadata": {"name": "c"}, "immutable": true})).await;
    let (code, status) = running.send("PATCH", &format!("{MAPS}/c"), &MERGE, r#"{"immutable": false}"#).await;
    assert_eq!((code, &status["details"]["causes"][0]["field"]), (422, &json!("immutable")));
}

#[tokio::test(start_paused = true)]
async fn an_option_that_nobody_knows_is_refused_before_anything_is_done() {
    let running = running();
    create(&running, MAPS, &json!({"metadata": {"name": "c"}})).await;
    for (query, body) in [("?dryRun=Some", "{}"), ("", r#"{"propagationPolicy": "Sideways"}"#)] {
        let (code, status) = running.send("DELETE", &format!("{MAPS}/c{query}"), &JSON, body).await;
        assert_eq!((code, &status["details"]["kind"]), (422, &json!("DeleteOptions")), "{status}");
    }
    assert_eq!(running.get(&format!("{MAPS}/c")).await.0, 200);
}

#[tokio::test(start_paused = true)]
async fn an_object_says_its_own_name_when_it_is_replaced_or_applied() {
    let running = running();
    create(&running, MAPS, &json!({"metadata": {"name": "c"}})).await;
    let nameless = json!({"apiVersion": "v1", "kind": "ConfigMap"}).to_string();
    for (method, headers) in [("PUT", &JSON), ("PATCH", &APPLY)] {
        let (code, status) = running.send(method, &format!("{MAPS}/c?fieldManager=a"), headers, &nameless).await;
        let message = "the name of the object (c based on URL) was undeterminable: name must be provided";
        assert_eq!((code, status["message"].as_str()), (400, Some(message)), "{method}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lease_is_only_replaced_by_who_has_read_it() {
    let running = running();
    let leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
    let lease = create(&running, leases, &json!({"metadata": {"name": "l"}})).await;
    let unread = json!({"metadata": {"name": "l"}}).to_string();
    let (code, status) = running.send("PUT", &format!("{leases}/l"), &JSON, &unread).await;
    assert_eq!((code, &status["details"]["causes"][0]["field"]), (422, &json!("metadata.resourceVersion")));
    assert_eq!(running.send("PUT", &format!("{leases}/l"), &JSON, &lease.to_string()).await.0, 200);
}

#[tokio::test(start_paused = true)]
async fn nobody_owns_what_the_server_assigned() {
    let running = running();
    let namespace = create(&running, "/api/v1/namespaces", &json!({"metadata": {"name": "n"}})).await;
    let owned = json!({"f:metadata": {"f:labels": {".": {}, "f:kubernetes.io/metadata.name": {}}}});
    assert_eq!(namespace["metadata"]["managedFields"][0]["fieldsV1"], owned);
    let service = json!({"metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}]}});
    let service = create(&running, "/api/v1/namespaces/default/services", &service).await;
    assert!(service["spec"]["clusterIP"].is_string());
    let spec = &service["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"];
    assert!(spec["f:ports"].is_object() && spec["f:clusterIP"].is_null() && spec["f:clusterIPs"].is_null(), "{spec}");
}

#[tokio::test(start_paused = true)]
async fn an_owner_reference_is_one_piece() {
    let running = running();
    let owner = json!({"apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": "1"});
    let owned = json!({"metadata": {"name": "c", "ownerReferences": [owner]}});
    let owned = create(&running, MAPS, &owned).await;
    let fields = &owned["metadata"]["managedFields"][0]["fieldsV1"]["f:metadata"]["f:ownerReferences"];
    assert_eq!(fields, &json!({".": {}, "k:{\"uid\":\"1\"}": {}}));
}

#[tokio::test(start_paused = true)]
async fn many_that_are_deleted_at_once_are_shown_as_they_were() {
    let running = running();
    let before = create(&running, MAPS, &json!({"metadata": {"name": "c", "labels": {"a": "b"}}})).await;
    let (code, list) = running.send("DELETE", &format!("{MAPS}?labelSelector=a"), &[], "").await;
    assert_eq!((code, &list["items"][0]["metadata"]), (200, &before["metadata"]));
}
