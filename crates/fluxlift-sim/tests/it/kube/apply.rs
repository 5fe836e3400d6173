//! Server-side apply: whose a field is, and what becomes of it.

use fluxlift_sim::kube::{Key, Kube, Part, Patch, Status, meta};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::store::{
    caller, cluster, config_map, config_map_key, deployment, deployment_key, widget_key, world_with_widgets,
};

fn apply(kube: &mut Kube, manager: &str, key: &Key, config: Value, force: bool) -> Result<Value, Status> {
    let patch = Patch::Apply { config, force };
    kube.api.patch(&caller(manager), key, &patch, Part::Object).map(|object| (*object).clone())
}

fn owned(object: &Value, manager: &str) -> Value {
    let entries = meta::list(object, &["metadata", "managedFields"]);
    entries.iter().find(|e| e["manager"] == manager).map(|e| e["fieldsV1"].clone()).unwrap_or_default()
}

fn with_data(data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": data})
}

#[test]
fn applying_the_same_again_changes_nothing() {
    let mut kube = cluster();
    let key = deployment_key("web");
    let first = apply(&mut kube, "one", &key, deployment("web"), false).unwrap();
    let revision = kube.api.revision();
    let again = apply(&mut kube, "one", &key, deployment("web"), false).unwrap();
    assert_eq!(first, again);
    assert_eq!(kube.api.revision(), revision);
}

#[test]
fn a_field_of_another_manager_is_a_conflict_that_names_both() {
    let mut kube = cluster();
    let key = deployment_key("web");
    apply(&mut kube, "one", &key, deployment("web"), false).unwrap();
    let mut other = deployment("web");
    other["spec"]["template"]["spec"]["containers"][0]["image"] = json!("example.com/app:2");
    let status = apply(&mut kube, "two", &key, other.clone(), false).unwrap_err();
    assert_eq!(status.code, 409);
    assert_eq!(
        status.message,
        "Apply failed with 1 conflict: conflict with \"one\": .spec.template.spec.containers[name=\"app\"].image"
    );
    assert_eq!(status.details.causes[0].reason, "FieldManagerConflict");
    let forced = apply(&mut kube, "two", &key, other, true).unwrap();
    let image = ["f:spec", "f:template", "f:spec", "f:containers", "k:{\"name\":\"app\"}", "f:image"];
    let has = |manager: &str| image.iter().try_fold(&owned(&forced, manager), |at, step| at.get(step)).is_some();
    assert_eq!((has("one"), has("two")), (false, true));
}

#[test]
fn a_field_that_its_owner_drops_is_removed_unless_another_has_it() {
    let mut kube = cluster();
    let key = config_map_key("c");
    apply(&mut kube, "one", &key, with_data(json!({"a": "1", "b": "2", "c": "3"})), false).unwrap();
    apply(&mut kube, "two", &key, with_data(json!({"b": "2"})), false).unwrap();
    let object = apply(&mut kube, "one", &key, with_data(json!({"c": "3"})), false).unwrap();
    assert_eq!(object["data"], json!({"b": "2", "c": "3"}));
    let object = apply(&mut kube, "two", &key, with_data(json!({})), false).unwrap();
    assert_eq!(object["data"], json!({"c": "3"}));
}

#[test]
fn an_update_takes_fields_without_asking() {
    let mut kube = cluster();
    let key = config_map_key("c");
    apply(&mut kube, "one", &key, with_data(json!({"a": "1"})), false).unwrap();
    kube.api.modify(&caller("editor"), &key, Part::Object, |o| o["data"]["a"] = json!("2")).unwrap();
    let status = apply(&mut kube, "one", &key, with_data(json!({"a": "1"})), false).unwrap_err();
    assert_eq!(status.message, "Apply failed with 1 conflict: conflict with \"editor\" using v1: .data.a");
    let object = apply(&mut kube, "one", &key, with_data(json!({"a": "2"})), false).unwrap();
    assert_eq!(owned(&object, "one"), owned(&object, "editor"), "the same value is shared");
}

#[test]
fn items_of_a_list_with_keys_have_owners_of_their_own() {
    let (mut world, _) = world_with_widgets();
    let key = widget_key("w");
    let with = |parts: Value| {
        json!({
            "apiVersion": "example.com/v1", "kind": "Widget",
            "metadata": {"name": "w"}, "spec": {"size": 1, "parts": parts},
        })
    };
    let kube = &mut world.kube;
    apply(kube, "one", &key, with(json!([{"name": "a", "colour": "red"}])), false).unwrap();
    let object = apply(kube, "two", &key, with(json!([{"name": "b", "colour": "blue"}])), false).unwrap();
    assert_eq!(object["spec"]["parts"].as_array().unwrap().len(), 2);
    let object = apply(kube, "one", &key, with(json!([])), false).unwrap();
    assert_eq!(object["spec"]["parts"], json!([{"name": "b", "colour": "blue"}]));
}

#[test]
fn an_applied_status_belongs_to_the_status_alone() {
    let (mut world, _) = world_with_widgets();
    let key = widget_key("w");
    apply(&mut world.kube, "one", &key, super::store::widget("w", 1), false).unwrap();
    let config = json!({
        "apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"},
        "spec": {"size": 9}, "status": {"observedGeneration": 1},
    });
    let patch = Patch::Apply { config, force: false };
    let object = world.kube.api.patch(&caller("controller"), &key, &patch, Part::Status).unwrap();
    assert_eq!((&object["spec"]["size"], &object["status"]["observedGeneration"]), (&json!(1), &json!(1)));
    assert_eq!(owned(&object, "controller"), json!({"f:status": {"f:observedGeneration": {}}}));
}

#[test]
fn a_configuration_with_an_old_version_is_refused() {
    let mut kube = cluster();
    let key = config_map_key("c");
    let first = apply(&mut kube, "one", &key, config_map("c"), false).unwrap();
    kube.api.modify(&caller("two"), &key, Part::Object, |o| o["data"]["b"] = json!("2")).unwrap();
    let mut config = config_map("c");
    config["metadata"]["resourceVersion"] = first["metadata"]["resourceVersion"].clone();
    assert_eq!(apply(&mut kube, "one", &key, config, false).unwrap_err().code, 409);
}

fn data() -> impl Strategy<Value = Value> {
    proptest::collection::btree_map("[a-d]", "[xy]", 0..4).prop_map(|map| json!(map))
}

proptest! {
    #[test]
    fn applying_twice_is_applying_once(first in data(), second in data()) {
        let mut kube = cluster_without_tls();
        let key = config_map_key("c");
        apply(&mut kube, "one", &key, with_data(first), true).unwrap();
        let once = apply(&mut kube, "two", &key, with_data(second.clone()), true).unwrap();
        let twice = apply(&mut kube, "two", &key, with_data(second), true).unwrap();
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn every_field_has_an_owner_and_every_owner_has_the_value(first in data(), second in data(), third in data()) {
        let mut kube = cluster_without_tls();
        let key = config_map_key("c");
        let mut last = Value::Null;
        for (manager, data) in [("one", first), ("two", second), ("one", third)] {
            last = apply(&mut kube, manager, &key, with_data(data), true).unwrap();
        }
        let fields = |manager: &str| owned(&last, manager)["f:data"].as_object().cloned().unwrap_or_default();
        let mut of_all: Vec<_> = fields("one").keys().chain(fields("two").keys()).cloned().collect();
        of_all.sort();
        of_all.dedup();
        let there: Vec<_> = last["data"].as_object().into_iter().flatten().map(|(name, _)| format!("f:{name}")).collect();
        of_all.retain(|name| name != ".");
        prop_assert_eq!(of_all, there);
    }

    #[test]
    fn what_one_manager_wants_is_what_there_is(wanted in data(), others in data()) {
        let mut kube = cluster_without_tls();
        let key = config_map_key("c");
        apply(&mut kube, "two", &key, with_data(others), true).unwrap();
        let object = apply(&mut kube, "one", &key, with_data(wanted.clone()), true).unwrap();
        for (name, value) in wanted.as_object().unwrap() {
            prop_assert_eq!(&object["data"][name], value);
        }
    }
}

/// Keys take time to make, and the storage needs none.
fn cluster_without_tls() -> Kube {
    let mut kube = Kube::new(1);
    let namespace = json!({"metadata": {"name": "default"}});
    kube.api.create(&caller("test"), &fluxlift_sim::kube::GroupResource::NAMESPACES, None, namespace).unwrap();
    kube
}
