//! Watches.

use fluxlift_sim::kube::{Part, meta};
use futures::StreamExt;
use serde_json::{Value, json};

use super::client::Running;
use super::store::{caller, create, widget, widget_gr, widget_key, world_with_widgets};

const PATH: &str = "/apis/example.com/v1/namespaces/default/widgets";

fn kinds(events: &[Value]) -> Vec<(&str, &str)> {
    let name = |event: &Value| meta::name(&event["object"]).to_owned();
    events.iter().map(|e| (e["type"].as_str().unwrap(), name(e).leak() as &str)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_watch_goes_on_from_a_list() {
    let (mut world, kubeconfig) = world_with_widgets();
    create(&mut world.kube, &widget_gr(), widget("a", 1));
    let running = Running::of(world, &kubeconfig);
    let (_, list) = running.get(PATH).await;
    let version = list["metadata"]["resourceVersion"].as_str().unwrap();
    running.send("POST", PATH, &[], &widget("b", 1).to_string()).await;
    let merge = [("content-type", "application/merge-patch+json")];
    running.send("PATCH", &format!("{PATH}/a"), &merge, r#"{"spec":{"size":2}}"#).await;
    running.send("DELETE", &format!("{PATH}/b"), &[], "").await;
    let events = running.watch(&format!("{PATH}?watch=true&resourceVersion={version}&timeoutSeconds=2")).await;
    assert_eq!(kinds(&events), [("ADDED", "b"), ("MODIFIED", "a"), ("DELETED", "b")]);
    let versions: Vec<_> = events.iter().map(|e| meta::resource_version(&e["object"])).collect();
    assert!(versions.is_sorted(), "{versions:?}");
}

#[tokio::test(start_paused = true)]
async fn an_object_that_leaves_the_selection_is_deleted_for_the_watch() {
    let (mut world, kubeconfig) = world_with_widgets();
    let mut object = widget("a", 1);
    object["metadata"]["labels"] = json!({"app": "web"});
    create(&mut world.kube, &widget_gr(), object);
    let version = world.kube.api.revision();
    let relabel = |world: &mut fluxlift_sim::World, app: &str| {
        let label = json!({"app": app});
        world
            .kube
            .api
            .modify(&caller("a"), &widget_key("a"), Part::Object, |o| o["metadata"]["labels"] = label)
            .unwrap();
    };
    relabel(&mut world, "api");
    relabel(&mut world, "web");
    let running = Running::of(world, &kubeconfig);
    let query = format!("watch=true&labelSelector=app%3Dweb&resourceVersion={version}&timeoutSeconds=2");
    assert_eq!(kinds(&running.watch(&format!("{PATH}?{query}")).await), [("DELETED", "a"), ("ADDED", "a")]);
}

#[tokio::test(start_paused = true)]
async fn a_forgotten_version_is_gone_within_the_stream() {
    let (mut world, kubeconfig) = world_with_widgets();
    create(&mut world.kube, &widget_gr(), widget("a", 1));
    world.kube.api.compact();
    let running = Running::of(world, &kubeconfig);
    let events = running.watch(&format!("{PATH}?watch=true&resourceVersion=1")).await;
    let object = &events[0]["object"];
    assert_eq!(
        (events[0]["type"].as_str(), object["code"].as_u64(), &object["reason"]),
        (Some("ERROR"), Some(410), &json!("Expired"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_streamed_list_ends_with_a_bookmark_that_says_so() {
    let (mut world, kubeconfig) = world_with_widgets();
    create(&mut world.kube, &widget_gr(), widget("a", 1));
    let running = Running::of(world, &kubeconfig);
    let query = "watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan";
    let events = running.watch(&format!("{PATH}?{query}&timeoutSeconds=130")).await;
    let seen: Vec<_> = events.iter().map(|e| e["type"].as_str().unwrap()).collect();
    assert_eq!(seen, ["ADDED", "BOOKMARK", "BOOKMARK", "BOOKMARK"]);
    let marks: Vec<_> = events.iter().map(|e| meta::annotation(&e["object"], "k8s.io/initial-events-end")).collect();
    assert_eq!(marks, [None, Some("true"), None, None]);
}

#[tokio::test(start_paused = true)]
async fn a_watch_of_tables_has_rows() {
    let (mut world, kubeconfig) = world_with_widgets();
    create(&mut world.kube, &widget_gr(), widget("w", 1));
    let running = Running::of(world, &kubeconfig);
    let accept = [("accept", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json")];
    let path = "/apis/example.com/v1/namespaces/default/widgets?watch=true&timeoutSeconds=1";
    let (_, event) = running.send("GET", path, &accept, "").await;
    assert_eq!(event["object"]["rows"][0]["cells"], json!(["w", "1s", null, 1]));
}

#[tokio::test(start_paused = true)]
async fn a_stock_watcher_sees_everything_and_relists_after_gone() {
    use kube::api::{Api, DynamicObject};
    use kube::core::{ApiResource, GroupVersionKind};
    use kube::runtime::watcher::{Config, Event, watcher};

    let (mut world, kubeconfig) = world_with_widgets();
    create(&mut world.kube, &widget_gr(), widget("w", 1));
    let running = Running::of(world, &kubeconfig);
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk("example.com", "v1", "Widget"));
    let api: Api<DynamicObject> = Api::namespaced_with(running.kube(), "default", &resource);
    let mut events = watcher(api, Config::default()).boxed();
    let mut next = async || loop {
        match events.next().await.unwrap() {
            Ok(Event::InitApply(object)) => return format!("there: {}", object.metadata.name.unwrap()),
            Ok(Event::Apply(object)) => return format!("applied: {}", object.data["spec"]["size"]),
            Ok(Event::Delete(object)) => return format!("deleted: {}", object.metadata.name.unwrap()),
            Ok(Event::InitDone) => return "listed".to_owned(),
            Ok(Event::Init) | Err(_) => {}
        }
    };
    let write = |size: i64| {
        running.datacenter.with(|world| {
            let key = super::store::widget_key("w");
            world.kube.api.modify(&caller("a"), &key, Part::Object, |o| o["spec"]["size"] = json!(size)).unwrap();
        });
    };
    assert_eq!(next().await, "there: w");
    assert_eq!(next().await, "listed");
    write(2);
    assert_eq!(next().await, "applied: 2");
    // The watch is cut, and what it missed is forgotten before it comes back.
    running.datacenter.with(|world| world.kube.stop(&super::store::ENDPOINT.parse().unwrap()));
    tokio::task::yield_now().await;
    write(3);
    running.datacenter.with(|world| {
        world.kube.api.compact();
        let (pki, now) = (world.kube.pki().unwrap().clone(), world.now);
        world.kube.start(pki, [super::store::ENDPOINT.parse().unwrap()], now);
    });
    assert_eq!(next().await, "there: w");
    assert_eq!(next().await, "listed");
    write(4);
    assert_eq!(next().await, "applied: 4");
}
