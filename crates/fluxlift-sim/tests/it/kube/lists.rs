//! Reading over the wire: lists, pages, selectors, discovery, refusals.

use fluxlift_sim::kube::GroupResource;
use serde_json::{Value, json};

use super::client::Running;
use super::store::{create, widget, widget_gr, world, world_with_widgets};

fn names(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["metadata"]["name"].as_str().unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn pages_of_a_list_show_one_moment() {
    let (mut world, kubeconfig) = world_with_widgets();
    for name in ["a", "b", "c", "d", "e"] {
        create(&mut world.kube, &widget_gr(), widget(name, 1));
    }
    let running = Running::of(world, &kubeconfig);
    let path = "/apis/example.com/v1/namespaces/default/widgets";
    let (_, first) = running.get(&format!("{path}?limit=2")).await;
    assert_eq!((names(&first), &first["metadata"]["remainingItemCount"]), (vec!["a", "b"], &json!(3)));
    running.send("DELETE", &format!("{path}/c"), &[], "").await;
    running.send("POST", path, &[], &widget("cc", 1).to_string()).await;
    let next = first["metadata"]["continue"].as_str().unwrap();
    let (_, second) = running.get(&format!("{path}?limit=2&continue={next}")).await;
    assert_eq!(names(&second), ["c", "d"]);
    assert_eq!(second["metadata"]["resourceVersion"], first["metadata"]["resourceVersion"]);
    running.datacenter.with(|world| world.kube.api.compact());
    let next = second["metadata"]["continue"].as_str().unwrap();
    let (code, status) = running.get(&format!("{path}?limit=2&continue={next}")).await;
    assert_eq!((code, &status["reason"]), (410, &json!("Expired")));
}

#[tokio::test(start_paused = true)]
async fn selectors_pick_by_label_and_by_field() {
    let (mut world, kubeconfig) = world_with_widgets();
    for (name, app) in [("a", "web"), ("b", "api"), ("c", "web")] {
        let mut object = widget(name, 1);
        object["metadata"]["labels"] = json!({"app": app});
        create(&mut world.kube, &widget_gr(), object);
    }
    let running = Running::of(world, &kubeconfig);
    let path = "/apis/example.com/v1/widgets";
    assert_eq!(names(&running.get(&format!("{path}?labelSelector=app%3Dweb")).await.1), ["a", "c"]);
    assert_eq!(names(&running.get(&format!("{path}?labelSelector=app+notin+(web)")).await.1), ["b"]);
    assert_eq!(names(&running.get(&format!("{path}?fieldSelector=metadata.name%3Db")).await.1), ["b"]);
    let (code, status) = running.get(&format!("{path}?fieldSelector=spec.size%3D1")).await;
    assert_eq!((code, status["message"].as_str()), (400, Some("field label not supported: spec.size")));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_a_status_with_details() {
    let (world, kubeconfig) = world();
    let running = Running::of(world, &kubeconfig);
    let (code, status) = running.get("/apis/apps/v1/namespaces/flux-system/deployments/flux-operator").await;
    assert_eq!(code, 404);
    assert_eq!(
        status,
        json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": "deployments.apps \"flux-operator\" not found", "reason": "NotFound", "code": 404,
            "details": {"name": "flux-operator", "group": "apps", "kind": "deployments"},
        })
    );
}

#[tokio::test(start_paused = true)]
async fn discovery_knows_custom_kinds_in_both_forms() {
    let (world, kubeconfig) = world_with_widgets();
    let running = Running::of(world, &kubeconfig);
    let (_, group) = running.get("/apis/example.com").await;
    assert_eq!(group["preferredVersion"]["groupVersion"], "example.com/v1");
    let (_, list) = running.get("/apis/example.com/v1").await;
    let seen: Vec<_> = list["resources"].as_array().unwrap().iter().map(|r| r["name"].as_str().unwrap()).collect();
    assert_eq!(seen, ["widgets", "widgets/status"]);
    let accept = [("accept", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json")];
    let (_, all) = running.send("GET", "/apis", &accept, "").await;
    let groups = all["items"].as_array().unwrap();
    let ours = groups.iter().find(|g| g["metadata"]["name"] == "example.com").unwrap();
    assert_eq!(ours["versions"][0]["resources"][0]["subresources"][0]["subresource"], "status");
    let (_, index) = running.get("/openapi/v3").await;
    let url = index["paths"]["apis/example.com/v1"]["serverRelativeURL"].as_str().unwrap();
    let (_, document) = running.get(url).await;
    let patch = &document["paths"]["/apis/example.com/v1/namespaces/{namespace}/widgets/{name}"]["patch"];
    assert_eq!(patch["x-kubernetes-group-version-kind"]["kind"], "Widget");
    assert!(patch["parameters"].as_array().unwrap().iter().any(|p| p["name"] == "fieldValidation"));
    assert_eq!(running.get("/openapi/v2").await.0, 404);
    assert_eq!(running.get("/readyz").await, (200, json!("ok")));
}

#[tokio::test(start_paused = true)]
async fn an_apply_in_yaml_is_taken_and_unknown_fields_are_refused_when_asked() {
    let (world, kubeconfig) = world_with_widgets();
    let running = Running::of(world, &kubeconfig);
    let path = "/apis/example.com/v1/namespaces/default/widgets/w?fieldManager=me&fieldValidation=Strict";
    let kind = [("content-type", "application/apply-patch+yaml")];
    let yaml = "apiVersion: example.com/v1\nkind: Widget\nmetadata:\n  name: w\nspec:\n  size: 2\n";
    let (code, object) = running.send("PATCH", path, &kind, yaml).await;
    assert_eq!((code, &object["spec"]), (201, &json!({"size": 2, "mode": "safe"})));
    let (code, _) = running.send("PATCH", path, &kind, yaml).await;
    assert_eq!(code, 200);
    let (code, status) = running.send("PATCH", path, &kind, &format!("{yaml}  colour: red\n")).await;
    let message = "failed to create typed patch object (/w; example.com/v1, Kind=Widget): .spec.colour: field not \
                   declared in schema";
    assert_eq!((code, status["message"].as_str()), (500, Some(message)), "with or without strict validation");
    let merge = [("content-type", "application/strategic-merge-patch+json")];
    let (code, _) = running.send("PATCH", path, &merge, "{}").await;
    assert_eq!(code, 415, "a custom kind takes no strategic merge");
}

#[tokio::test(start_paused = true)]
async fn a_stock_client_reads_and_writes() {
    use kube::api::{Api, DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams};
    use kube::core::{ApiResource, GroupVersionKind};

    let (mut world, kubeconfig) = world_with_widgets();
    create(&mut world.kube, &widget_gr(), widget("old", 1));
    let running = Running::of(world, &kubeconfig);
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk("example.com", "v1", "Widget"));
    let api: Api<DynamicObject> = Api::namespaced_with(running.kube(), "default", &resource);
    let new: DynamicObject = serde_json::from_value(widget("new", 2)).unwrap();
    let made = api.create(&PostParams::default(), &new).await.unwrap();
    assert_eq!(made.metadata.generation, Some(1));
    let apply = PatchParams::apply("me").force();
    let applied = api.patch("new", &apply, &Patch::Apply(widget("new", 3))).await.unwrap();
    assert_eq!((applied.data["spec"]["size"].as_i64(), applied.metadata.generation), (Some(3), Some(2)));
    assert_eq!(api.list(&ListParams::default()).await.unwrap().items.len(), 2);
    api.delete("new", &DeleteParams::default()).await.unwrap();
    let error = api.get("new").await.unwrap_err();
    assert!(matches!(error, kube::Error::Api(status) if status.code == 404 && status.reason == "NotFound"));
}

#[tokio::test(start_paused = true)]
async fn the_log_of_a_container_is_read_from_its_end() {
    let (mut world, kubeconfig) = world();
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-1", "namespace": "default"},
        "spec": {"containers": [{"name": "app", "image": "example.com/app:1"}]},
    });
    create(&mut world.kube, &GroupResource::PODS, pod);
    let now = world.now;
    for text in ["one", "two", "three"] {
        world.kube.log("default", "web-1", "app", now, text);
    }
    let running = Running::of(world, &kubeconfig);
    let path = "/api/v1/namespaces/default/pods/web-1/log";
    assert_eq!(running.get(path).await.1, json!("one\ntwo\nthree\n"));
    assert_eq!(
        running.get(&format!("{path}?tailLines=1&timestamps=true")).await.1,
        json!("2025-01-01T00:00:00.000000000Z three\n")
    );
    let (code, status) = running.get(&format!("{path}?container=side")).await;
    assert_eq!((code, status["message"].as_str()), (400, Some("container side is not valid for pod web-1")));
}
