//! What the tests of the storage share: a world with a cluster, and who writes.

use std::net::SocketAddr;
use std::time::Duration;

use fluxlift_core::Timestamp;
use fluxlift_sim::kube::{Caller, GroupResource, Key, Kube, standalone};
use fluxlift_sim::{Options, World};
use jiff::SignedDuration;
use serde_json::{Value, json};

pub(super) const ENDPOINT: &str = "127.101.0.11:6443";
pub(super) const NOW: &str = "2025-01-01T00:00:00Z";

pub(super) fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// A world with a running cluster, and an administrator's kubeconfig.
pub(super) fn world() -> (World, String) {
    let mut world = World::new(Options { latency: Duration::from_millis(1), ..Options::default() }, now());
    let kubeconfig = standalone(&mut world, ENDPOINT.parse::<SocketAddr>().unwrap()).unwrap();
    (world, kubeconfig)
}

/// A cluster outside any world: nothing reacts to what is written.
pub(super) fn cluster() -> Kube {
    world().0.kube
}

pub(super) fn caller(manager: &str) -> Caller<'_> {
    Caller::controller(manager, now())
}

/// Lets so many seconds pass.
pub(super) fn pass(world: &mut World, seconds: i64) {
    let then = world.now + SignedDuration::from_secs(seconds);
    world.advance_to(then);
}

pub(super) fn config_map(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": "1"}})
}

pub(super) fn deployment(name: &str) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "app", "image": "example.com/app:1", "ports": [{"containerPort": 80}]}]},
            },
        },
    })
}

pub(super) fn deployment_key(name: &str) -> Key {
    Key::namespaced(&GroupResource::DEPLOYMENTS, "default", name)
}

pub(super) fn config_map_key(name: &str) -> Key {
    Key::namespaced(&GroupResource::CONFIG_MAPS, "default", name)
}

pub(super) fn create(kube: &mut Kube, gr: &GroupResource, object: Value) -> Value {
    let namespace = fluxlift_sim::kube::meta::namespace(&object).unwrap_or("default").to_owned();
    (*kube.api.create(&caller("test"), gr, Some(&namespace), object).unwrap()).clone()
}

/// A definition of widgets with a status of their own, its default included.
pub(super) fn widgets() -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets", "shortNames": ["wi"]},
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "subresources": {"status": {}},
                "additionalPrinterColumns": [
                    {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
                    {"name": "Ready", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"Ready\")].status"},
                    {"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
                ],
                "schema": {"openAPIV3Schema": {
                    "type": "object",
                    "required": ["spec"],
                    "properties": {
                        "spec": {
                            "type": "object",
                            "required": ["size"],
                            "properties": {
                                "size": {"type": "integer", "minimum": 1},
                                "mode": {"type": "string", "enum": ["fast", "safe"], "default": "safe"},
                                "interval": {"type": "string", "pattern": "^[0-9]+(s|m)$"},
                                "parts": {
                                    "type": "array",
                                    "x-kubernetes-list-type": "map",
                                    "x-kubernetes-list-map-keys": ["name"],
                                    "items": {"type": "object", "properties": {
                                        "name": {"type": "string"}, "colour": {"type": "string"},
                                    }},
                                },
                            },
                        },
                        "status": {
                            "type": "object",
                            "default": {"observedGeneration": -1},
                            "properties": {
                                "observedGeneration": {"type": "integer"},
                                "conditions": {"type": "array", "items": {
                                    "type": "object", "x-kubernetes-preserve-unknown-fields": true,
                                }},
                            },
                        },
                    },
                }},
            }],
        },
    })
}

pub(super) fn widget(name: &str, size: i64) -> Value {
    json!({
        "apiVersion": "example.com/v1", "kind": "Widget",
        "metadata": {"name": name, "namespace": "default"}, "spec": {"size": size},
    })
}

pub(super) fn widget_gr() -> GroupResource {
    GroupResource::new("example.com", "widgets")
}

pub(super) fn widget_key(name: &str) -> Key {
    Key::namespaced(&widget_gr(), "default", name)
}

/// A world in which widgets are served.
pub(super) fn world_with_widgets() -> (World, String) {
    let (mut world, kubeconfig) = world();
    let definitions = GroupResource::CUSTOM_RESOURCE_DEFINITIONS;
    world.kube.api.create(&caller("test"), &definitions, None, widgets()).unwrap();
    world.settle();
    pass(&mut world, 1);
    (world, kubeconfig)
}
