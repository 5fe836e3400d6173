//! Which Pods a node keeps out by its taints.

use std::net::SocketAddr;

use fluxlift_core::Timestamp;
use fluxlift_sim::kube::{Caller, GroupResource, Key, Part, standalone};
use fluxlift_sim::{Options, World};
use jiff::SignedDuration;
use serde_json::{Value, json};

/// The specification of `pod`, with the container that every one has.
fn spec(pod: &Value) -> Value {
    let mut spec = pod["spec"].clone();
    spec["containers"] = json!([{"name": "a", "image": "a"}]);
    spec
}

/// Whether a Pod is bound to a node that is Ready.
fn is_bound(pod: &Value, node: &Value) -> bool {
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "default"},
        "spec": spec(pod)});
    let world = world_with(node, &GroupResource::PODS, pod);
    let bound = world.kube.api.get(&Key::namespaced(&GroupResource::PODS, "default", "a")).unwrap();
    bound["spec"]["nodeName"] == "node-1"
}

/// Whether a DaemonSet has such a Pod on that node.
fn has_a_daemon(pod: &Value, node: &Value) -> bool {
    let set = json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "a", "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": "a"}},
            "template": {"metadata": {"labels": {"app": "a"}}, "spec": spec(pod)}}});
    let world = world_with(node, &GroupResource::DAEMON_SETS, set);
    world.kube.api.list(&GroupResource::PODS, None).any(|pod| pod["spec"]["nodeName"] == "node-1")
}

/// A world in which `node` is Ready, some seconds after `object` was created.
fn world_with(node: &Value, resource: &GroupResource, object: Value) -> World {
    let mut world = World::new(Options::default(), Timestamp::UNIX_EPOCH);
    standalone(&mut world, "127.101.0.10:6443".parse::<SocketAddr>().unwrap()).unwrap();
    let (nodes, caller) = (GroupResource::NODES, Caller::controller("tests", world.now));
    let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1"}, "spec": node["spec"]});
    world.kube.api.create(&caller, &nodes, None, node).unwrap();
    let ready = json!([{"type": "Ready", "status": "True"}]);
    let key = Key::cluster(&nodes, "node-1");
    world.kube.api.modify(&caller, &key, Part::Status, |node| node["status"]["conditions"] = ready).unwrap();
    world.kube.api.create(&caller, resource, Some("default"), object).unwrap();
    world.settle();
    world.advance_to(world.now + SignedDuration::from_secs(10));
    world
}

#[test]
fn a_taint_keeps_out_what_does_not_tolerate_it() {
    let node = json!({"spec": {"taints": [{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}]}});
    assert!(!has_a_daemon(&json!({"spec": {}}), &node));
    let anything = json!({"spec": {"tolerations": [{"operator": "Exists"}]}});
    assert!(is_bound(&anything, &node));
}

#[test]
fn only_daemon_sets_forgive_a_node_that_is_not_ready() {
    let node = json!({"spec": {"taints": [{"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}]}});
    assert!(!is_bound(&json!({"spec": {}}), &node));
    assert!(has_a_daemon(&json!({"spec": {}}), &node));
}
