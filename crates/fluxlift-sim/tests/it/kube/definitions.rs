//! Custom kinds: when they are served, and what their schema does.

use fluxlift_sim::World;
use fluxlift_sim::kube::definition::priority;
use fluxlift_sim::kube::{GroupResource, Key, definition};
use serde_json::json;

use super::store::{caller, pass, widget, widget_gr, widget_key, widgets, world, world_with_widgets};

fn refused(world: &mut World, object: serde_json::Value) -> String {
    let status = world.kube.api.create(&caller("a"), &widget_gr(), Some("default"), object).unwrap_err();
    assert_eq!(status.code, 422);
    status.message
}

#[test]
fn objects_of_a_new_definition_are_not_found_until_it_is_established() {
    let (mut world, _) = world();
    let definitions = GroupResource::CUSTOM_RESOURCE_DEFINITIONS;
    world.kube.api.create(&caller("a"), &definitions, None, widgets()).unwrap();
    world.settle();
    let early = world.kube.api.create(&caller("a"), &widget_gr(), Some("default"), widget("w", 1)).unwrap_err();
    assert_eq!((early.code, early.message.as_str()), (404, "the server could not find the requested resource"));
    let key = Key::cluster(&definitions, "widgets.example.com");
    assert!(!definition::is_established(world.kube.api.get(&key).unwrap()));
    pass(&mut world, 1);
    assert!(definition::is_established(world.kube.api.get(&key).unwrap()));
    world.kube.api.create(&caller("a"), &widget_gr(), Some("default"), widget("w", 1)).unwrap();
}

#[test]
fn a_new_definition_has_the_nulls_of_an_api_server_in_its_status_and_its_creator_owns_none_of_them() {
    let (mut world, _) = world();
    let definitions = GroupResource::CUSTOM_RESOURCE_DEFINITIONS;
    let made = world.kube.api.create(&caller("a"), &definitions, None, widgets()).unwrap();
    let undecided = json!({"acceptedNames": {"kind": "", "plural": ""}, "conditions": null, "storedVersions": ["v1"]});
    assert_eq!(made["status"], undecided);
    assert!(made["metadata"]["managedFields"][0]["fieldsV1"].get("f:status").is_none(), "{made:#}");
}

#[test]
fn a_schema_says_what_is_wrong() {
    let (mut world, _) = world_with_widgets();
    let mut object = widget("w", 0);
    assert!(refused(&mut world, object.clone()).ends_with("should be greater than or equal to 1"));
    object["spec"] = json!({"size": "big"});
    assert!(refused(&mut world, object.clone()).contains("spec.size in body must be of type integer"));
    object["spec"] = json!({"size": 1, "mode": "slow"});
    assert_eq!(
        refused(&mut world, object.clone()),
        r#"Widget.example.com "w" is invalid: spec.mode: Unsupported value: "slow": supported values: "fast", "safe""#
    );
    object["spec"] = json!({"size": 1, "interval": "soon"});
    assert!(refused(&mut world, object.clone()).contains("should match"));
    object.as_object_mut().unwrap().remove("spec");
    assert_eq!(refused(&mut world, object), r#"Widget.example.com "w" is invalid: spec: Required value"#);
}

#[test]
fn fields_that_a_schema_does_not_know_are_dropped() {
    let (mut world, _) = world_with_widgets();
    let mut object = widget("w", 1);
    object["spec"]["unknown"] = json!(true);
    let object = world.kube.api.create(&caller("a"), &widget_gr(), Some("default"), object).unwrap();
    assert_eq!(object["spec"], json!({"size": 1, "mode": "safe"}));
}

#[test]
fn a_cluster_that_was_saved_goes_on_where_it_was() {
    let (mut world, _) = world_with_widgets();
    world.kube.api.create(&caller("a"), &widget_gr(), Some("default"), widget("w", 1)).unwrap();
    world.settle();
    let text = serde_json::to_string(&world).unwrap();
    let back: World = serde_json::from_str(&text).unwrap();
    assert_eq!(back.kube.api.get(&widget_key("w")), world.kube.api.get(&widget_key("w")));
    assert_eq!(back.kube.api.revision(), world.kube.api.revision());
    assert!(back.kube.api.kind(&widget_gr()).is_some());
    assert!(back.kube.api.changes_since(1).is_err(), "older watches must list anew");
    assert_eq!(back.kube.api.changes_since(back.kube.api.revision()).unwrap().count(), 0);
}

#[test]
fn a_stable_version_is_preferred_to_a_newer_beta() {
    assert!(priority("v1") > priority("v2beta2"));
    assert!(priority("v2beta2") > priority("v2beta1"));
    assert!(priority("v2") > priority("v1"));
}
