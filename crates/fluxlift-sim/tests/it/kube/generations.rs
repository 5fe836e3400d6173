//! What counts as a change, and what a write must bring.

use fluxlift_sim::kube::{Caller, GroupResource, Part, Patch, meta};
use serde_json::json;

use super::store::{
    caller, cluster, config_map, config_map_key, create, deployment, deployment_key, widget, widget_gr, widget_key,
    world_with_widgets,
};

#[test]
fn only_another_spec_is_another_generation() {
    let mut kube = cluster();
    create(&mut kube, &GroupResource::DEPLOYMENTS, deployment("web"));
    let key = deployment_key("web");
    let mut seen = Vec::new();
    let labelled = kube.api.modify(&caller("a"), &key, Part::Object, |o| o["metadata"]["labels"] = json!({"x": "y"}));
    seen.push(meta::generation(&labelled.unwrap()));
    let status = kube.api.modify(&caller("a"), &key, Part::Status, |o| o["status"] = json!({"replicas": 1}));
    seen.push(meta::generation(&status.unwrap()));
    let scaled = kube.api.modify(&caller("a"), &key, Part::Object, |o| o["spec"]["replicas"] = json!(3));
    seen.push(meta::generation(&scaled.unwrap()));
    assert_eq!(seen, [1, 1, 2]);
}

#[test]
fn the_object_and_its_status_are_written_apart() {
    let (mut world, _) = world_with_widgets();
    let kube = &mut world.kube;
    let mut new = widget("w", 1);
    new["status"] = json!({"observedGeneration": 7});
    let made = create(kube, &widget_gr(), new);
    assert_eq!(made["status"], json!({"observedGeneration": -1}), "status starts as the schema says");
    assert_eq!(made["spec"]["mode"], "safe");
    let key = widget_key("w");
    let object = kube.api.modify(&caller("a"), &key, Part::Object, |o| o["status"] = json!({"observedGeneration": 3}));
    assert_eq!(object.unwrap()["status"]["observedGeneration"], -1);
    let object = kube.api.modify(&caller("a"), &key, Part::Status, |o| {
        o["status"] = json!({"observedGeneration": 3});
        o["spec"]["size"] = json!(9);
    });
    let object = object.unwrap();
    assert_eq!((&object["spec"]["size"], &object["status"]["observedGeneration"]), (&json!(1), &json!(3)));
}

#[test]
fn a_write_on_top_of_an_old_version_is_a_conflict() {
    let mut kube = cluster();
    let old = create(&mut kube, &GroupResource::CONFIG_MAPS, config_map("c"));
    let key = config_map_key("c");
    kube.api.modify(&caller("a"), &key, Part::Object, |o| o["data"]["a"] = json!("2")).unwrap();
    let status = kube.api.update(&caller("b"), &key, old).unwrap_err();
    assert_eq!(
        (status.code, status.message.as_str()),
        (
            409,
            "Operation cannot be fulfilled on configmaps \"c\": the object has been modified; please apply your changes to the latest version and try again"
        )
    );
}

#[test]
fn a_write_that_changes_nothing_is_no_change() {
    let mut kube = cluster();
    create(&mut kube, &GroupResource::CONFIG_MAPS, config_map("c"));
    let revision = kube.api.revision();
    kube.api.modify(&caller("b"), &config_map_key("c"), Part::Object, |_| {}).unwrap();
    assert_eq!(kube.api.revision(), revision);
}

#[test]
fn a_dry_run_shows_the_result_and_stores_nothing() {
    let mut kube = cluster();
    let revision = kube.api.revision();
    let dry = Caller { dry_run: true, ..caller("a") };
    let object = kube.api.create(&dry, &GroupResource::CONFIG_MAPS, Some("default"), config_map("c")).unwrap();
    assert!(!meta::uid(&object).is_empty());
    assert_eq!(kube.api.revision(), revision);
    assert!(kube.api.get(&config_map_key("c")).is_none());
}

#[test]
fn an_object_goes_only_where_its_namespace_is() {
    let mut kube = cluster();
    let refused = kube.api.create(&caller("a"), &GroupResource::CONFIG_MAPS, Some("nowhere"), config_map("c"));
    let status = refused.unwrap_err();
    assert_eq!((status.code, status.message.as_str()), (404, "namespaces \"nowhere\" not found"));
}

#[test]
fn a_generated_name_is_unique_and_the_same_in_every_run() {
    let names = || {
        let mut kube = cluster();
        let object = json!({"metadata": {"generateName": "canary-"}});
        let first = create(&mut kube, &GroupResource::CONFIG_MAPS, object.clone());
        let second = create(&mut kube, &GroupResource::CONFIG_MAPS, object);
        (meta::name(&first).to_owned(), meta::name(&second).to_owned())
    };
    let (first, second) = names();
    assert!(first.starts_with("canary-") && first.len() == 12);
    assert_ne!(first, second);
    assert_eq!(names(), (first, second));
}

#[test]
fn a_strategic_merge_finds_containers_and_variables_by_name() {
    let mut kube = cluster();
    create(&mut kube, &GroupResource::DEPLOYMENTS, deployment("web"));
    let change = json!({"spec": {"template": {"spec": {
        "$setElementOrder/containers": [{"name": "side"}, {"name": "app"}],
        "containers": [
            {"name": "app", "image": "example.com/app:2", "env": [{"name": "A", "value": "1"}]},
            {"name": "side", "image": "example.com/side:1"},
        ],
    }}}});
    let key = deployment_key("web");
    let object = kube.api.patch(&caller("a"), &key, &Patch::Strategic(change), Part::Object).unwrap();
    let containers = meta::list(&object, &["spec", "template", "spec", "containers"]);
    let seen: Vec<_> = containers.iter().map(|c| (meta::text(c, &["name"]), meta::text(c, &["image"]))).collect();
    assert_eq!(seen, [("side", "example.com/side:1"), ("app", "example.com/app:2")]);
    assert_eq!(containers[1]["ports"][0]["containerPort"], 80, "what the patch does not name stays");
    let drop = json!({"spec": {"template": {"spec": {"containers": [{"name": "side", "$patch": "delete"}]}}}});
    let object = kube.api.patch(&caller("a"), &key, &Patch::Strategic(drop), Part::Object).unwrap();
    assert_eq!(meta::list(&object, &["spec", "template", "spec", "containers"]).len(), 1);
}

#[test]
fn what_must_not_change_does_not() {
    let mut kube = cluster();
    create(&mut kube, &GroupResource::DEPLOYMENTS, deployment("web"));
    let changed = kube.api.modify(&caller("a"), &deployment_key("web"), Part::Object, |o| {
        o["spec"]["selector"]["matchLabels"] = json!({"app": "other"});
        o["spec"]["template"]["metadata"]["labels"] = json!({"app": "other"});
    });
    let status = changed.unwrap_err();
    assert_eq!(status.code, 422);
    assert!(
        status.message.starts_with("Deployment.apps \"web\" is invalid: spec.selector: Invalid value:"),
        "{status}"
    );
}
