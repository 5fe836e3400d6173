//! Deletion: finalizers, owners, namespaces.

use fluxlift_sim::World;
use fluxlift_sim::kube::{DeleteOptions, Deleted, GroupResource, Key, Part, Propagation, meta};
use serde_json::{Value, json};

use super::store::{
    caller, config_map, config_map_key, create, pass, widget, widget_gr, widget_key, world, world_with_widgets,
};

fn delete(world: &mut World, key: &Key, options: &DeleteOptions) -> Deleted {
    let deleted = world.kube.api.delete(&caller("test"), key, options).unwrap();
    world.settle();
    deleted
}

fn owned_by(owner: &Value, name: &str, blocks: bool) -> Value {
    let mut object = config_map(name);
    object["metadata"]["ownerReferences"] = json!([{
        "apiVersion": owner["apiVersion"], "kind": owner["kind"],
        "name": meta::name(owner), "uid": meta::uid(owner), "blockOwnerDeletion": blocks,
    }]);
    object
}

#[test]
fn a_finalizer_holds_an_object_until_it_is_taken_off() {
    let (mut world, _) = world();
    let mut object = config_map("c");
    object["metadata"]["finalizers"] = json!(["example.com/hold"]);
    create(&mut world.kube, &GroupResource::CONFIG_MAPS, object);
    let key = config_map_key("c");
    assert!(matches!(delete(&mut world, &key, &DeleteOptions::default()), Deleted::Later(_)));
    assert!(world.kube.api.get(&key).is_some_and(meta::is_terminating));
    let more = world.kube.api.modify(&caller("a"), &key, Part::Object, |o| {
        o["metadata"]["finalizers"] = json!(["example.com/hold", "example.com/new"]);
    });
    assert_eq!(more.unwrap_err().code, 422);
    world.kube.api.modify(&caller("a"), &key, Part::Object, |o| o["metadata"]["finalizers"] = json!([])).unwrap();
    assert!(world.kube.api.get(&key).is_none());
}

#[test]
fn preconditions_are_kept() {
    let (mut world, _) = world();
    create(&mut world.kube, &GroupResource::CONFIG_MAPS, config_map("c"));
    let options = DeleteOptions { uid: Some("another".into()), ..DeleteOptions::default() };
    let status = world.kube.api.delete(&caller("a"), &config_map_key("c"), &options).unwrap_err();
    assert_eq!(status.code, 409);
    assert!(status.message.contains("the UID in the precondition (another) does not match"), "{status}");
}

#[test]
fn what_an_object_owned_goes_after_it() {
    let (mut world, _) = world();
    let owner = create(&mut world.kube, &GroupResource::CONFIG_MAPS, config_map("owner"));
    let child = owned_by(&owner, "child", false);
    let child = create(&mut world.kube, &GroupResource::CONFIG_MAPS, child);
    create(&mut world.kube, &GroupResource::CONFIG_MAPS, owned_by(&child, "grandchild", false));
    world.settle();
    delete(&mut world, &config_map_key("owner"), &DeleteOptions::default());
    assert!(world.kube.api.get(&config_map_key("child")).is_some(), "the collector takes a moment");
    pass(&mut world, 1);
    assert!(world.kube.api.get(&config_map_key("child")).is_none());
    assert!(world.kube.api.get(&config_map_key("grandchild")).is_none());
}

#[test]
fn orphans_stay_without_their_reference() {
    let (mut world, _) = world();
    let owner = create(&mut world.kube, &GroupResource::CONFIG_MAPS, config_map("owner"));
    create(&mut world.kube, &GroupResource::CONFIG_MAPS, owned_by(&owner, "child", false));
    let options = DeleteOptions { propagation: Propagation::Orphan, ..DeleteOptions::default() };
    delete(&mut world, &config_map_key("owner"), &options);
    pass(&mut world, 1);
    assert!(world.kube.api.get(&config_map_key("owner")).is_none());
    assert!(meta::owners(world.kube.api.get(&config_map_key("child")).unwrap()).is_empty());
}

#[test]
fn a_foreground_deletion_takes_what_is_owned_first() {
    let (mut world, _) = world();
    let owner = create(&mut world.kube, &GroupResource::CONFIG_MAPS, config_map("owner"));
    let mut child = owned_by(&owner, "child", true);
    child["metadata"]["finalizers"] = json!(["example.com/hold"]);
    create(&mut world.kube, &GroupResource::CONFIG_MAPS, child);
    let options = DeleteOptions { propagation: Propagation::Foreground, ..DeleteOptions::default() };
    delete(&mut world, &config_map_key("owner"), &options);
    pass(&mut world, 1);
    assert!(world.kube.api.get(&config_map_key("owner")).is_some_and(meta::is_terminating));
    let key = config_map_key("child");
    world.kube.api.modify(&caller("a"), &key, Part::Object, |o| o["metadata"]["finalizers"] = json!([])).unwrap();
    world.settle();
    pass(&mut world, 1);
    assert!(world.kube.api.get(&config_map_key("owner")).is_none());
}

#[test]
fn an_object_whose_owner_never_was_is_collected() {
    let (mut world, _) = world();
    let ghost = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ghost", "uid": "gone"}});
    create(&mut world.kube, &GroupResource::CONFIG_MAPS, owned_by(&ghost, "child", false));
    world.settle();
    pass(&mut world, 1);
    assert!(world.kube.api.get(&config_map_key("child")).is_none());
}

#[test]
fn a_namespace_goes_when_everything_in_it_is_gone() {
    let (mut world, _) = world();
    let namespaces = GroupResource::NAMESPACES;
    world.kube.api.create(&caller("a"), &namespaces, None, json!({"metadata": {"name": "apps"}})).unwrap();
    let mut held = config_map("held");
    held["metadata"]["namespace"] = json!("apps");
    held["metadata"]["finalizers"] = json!(["example.com/hold"]);
    create(&mut world.kube, &GroupResource::CONFIG_MAPS, held);
    let key = Key::cluster(&namespaces, "apps");
    delete(&mut world, &key, &DeleteOptions::default());
    pass(&mut world, 2);
    assert_eq!(world.kube.api.get(&key).unwrap()["status"]["phase"], "Terminating");
    let refused = world.kube.api.create(&caller("a"), &GroupResource::CONFIG_MAPS, Some("apps"), config_map("new"));
    assert_eq!(refused.unwrap_err().code, 403);
    let held = Key::namespaced(&GroupResource::CONFIG_MAPS, "apps", "held");
    world.kube.api.modify(&caller("a"), &held, Part::Object, |o| o["metadata"]["finalizers"] = json!([])).unwrap();
    world.settle();
    pass(&mut world, 2);
    assert!(world.kube.api.get(&key).is_none());
}

#[test]
fn a_definition_takes_its_objects_with_it() {
    let (mut world, _) = world_with_widgets();
    create(&mut world.kube, &widget_gr(), widget("w", 1));
    let key = Key::cluster(&GroupResource::CUSTOM_RESOURCE_DEFINITIONS, "widgets.example.com");
    delete(&mut world, &key, &DeleteOptions::default());
    pass(&mut world, 1);
    assert!(world.kube.api.get(&widget_key("w")).is_none());
    assert!(world.kube.api.get(&key).is_none());
    assert!(world.kube.api.kind(&widget_gr()).is_none());
}
