//! Pods on their nodes: pulled, started, probed, stopped, each step at its own moment.

use fluxlift_core::Timestamp;
use jiff::SignedDuration;
use rand::Rng;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::conditions::{self, moment};
use super::object::{flag, is_deleting, items, number, some_text, text};
use super::{ControllerWake, ProcessId, Program, images, nodes, process};
use crate::World;
use crate::kube::{Caller, Change, ChangeType, DeleteOptions, GroupResource, Key, Part};

/// A Pod that a kubelet takes care of.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Container {
    /// The Pod's uid.
    pub uid: String,
    /// The node it runs on.
    pub node: String,
    /// The process of its program, while it runs and is one that reconciles.
    pub process: Option<ProcessId>,
    /// Since when it runs.
    pub since: Option<Timestamp>,
    /// How often it was started again.
    pub restarts: u32,
    /// Whether it is being stopped.
    pub stopping: bool,
}

/// What a kubelet does next with a Pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Next {
    /// Pull its images, once the node has a network for it.
    Pull,
    /// Start its containers.
    Start,
    /// Ask its readiness probe.
    Probe,
    /// End its processes.
    Stop,
}

/// The kubelets see a change of a Pod.
pub(super) fn observe(world: &mut World, change: &Change) {
    let pod = &*change.object;
    let (uid, node) = (text(pod, "/metadata/uid"), text(pod, "/spec/nodeName"));
    let known = world.controllers.containers.get(&change.key).filter(|container| container.uid == uid);
    if change.kind == ChangeType::Deleted {
        if known.is_some()
            && let Some(container) = world.controllers.containers.remove(&change.key)
            && let Some(process) = container.process
        {
            // Told to stop and out of time, it still gives its Lease back; deleted by force, it is simply gone.
            if container.stopping { process::stop(world, process) } else { process::kill(world, process) }
        }
        return;
    }
    match known {
        Some(container) if is_deleting(pod) && !container.stopping => {
            if let Some(container) = world.controllers.containers.get_mut(&change.key) {
                container.stopping = true;
            }
            let delay = world.random.gen_range(200..700);
            plan(world, &change.key, uid, delay, Next::Stop);
        }
        None if !is_deleting(pod) && nodes::is_up(world, node) => admit(world, &change.key, pod),
        _ => {}
    }
}

/// A kubelet takes a Pod that was bound to its node.
fn admit(world: &mut World, key: &Key, pod: &Value) {
    let restarts = number(pod, "/status/containerStatuses/0/restartCount").and_then(|count| u32::try_from(count).ok());
    let ran = some_text(pod, "/status/startTime").is_some();
    let container = Container {
        uid: text(pod, "/metadata/uid").to_owned(),
        node: text(pod, "/spec/nodeName").to_owned(),
        process: None,
        since: None,
        restarts: restarts.unwrap_or(0) + u32::from(ran),
        stopping: false,
    };
    let uid = container.uid.clone();
    world.controllers.containers.insert(key.clone(), container);
    let delay = world.random.gen_range(40..160);
    plan(world, key, &uid, delay, Next::Pull);
}

/// A kubelet that has just started takes up the Pods that are bound to its node already.
pub(super) fn take_up(world: &mut World, node: &str) {
    let bound = world.kube.api.entries(&GroupResource::PODS, None);
    let bound: Vec<_> = bound
        .filter(|(key, pod)| {
            let known = world.controllers.containers.contains_key(key);
            text(pod, "/spec/nodeName") == node && !is_deleting(pod) && !known
        })
        .map(|(key, pod)| (key.clone(), std::sync::Arc::clone(pod)))
        .collect();
    for (key, pod) in bound {
        admit(world, &key, &pod);
    }
}

/// A kubelet goes on with a Pod.
pub(super) fn go_on(world: &mut World, key: &Key, uid: &str, next: Next) {
    let Some(container) = world.controllers.containers.get(key).filter(|container| container.uid == uid) else {
        return;
    };
    if container.stopping != (next == Next::Stop) {
        return;
    }
    match next {
        Next::Pull => pull(world, key, uid),
        Next::Start => start(world, key, uid),
        Next::Probe => probe(world, key, uid),
        Next::Stop => stop(world, key),
    }
}

fn plan(world: &mut World, key: &Key, uid: &str, millis: i64, next: Next) {
    let wake = ControllerWake::Pod { pod: key.clone(), uid: uid.to_owned(), next };
    world.agenda.after(world.now, SignedDuration::from_millis(millis) / world.options.haste, wake.into());
}

/// Pulls what the node lacks: each image once per node, and Pods that want the same one share the wait.
fn pull(world: &mut World, key: &Key, uid: &str) {
    let Some(pod) = world.kube.api.shared(key).cloned() else { return };
    let node = text(&pod, "/spec/nodeName").to_owned();
    write(world, key, |status, now| {
        status["phase"] = json!("Pending");
        waiting(status, &pod, "ContainerCreating", "");
        for kind in ["Initialized", "ContainersReady", "Ready"] {
            let state = if kind == "Initialized" { "True" } else { "False" };
            condition(status, now, kind, state, if state == "True" { "" } else { "ContainersNotReady" });
        }
    });
    if !flag(&pod, "/spec/hostNetwork") && !nodes::has_network(world, &node) {
        plan(world, key, uid, 1000, Next::Pull);
        return;
    }
    let mut done = world.now;
    let containers = items(&pod, "/spec/initContainers").chain(items(&pod, "/spec/containers"));
    for image in containers.map(|container| text(container, "/image")) {
        let jitter = world.random.gen_range(0..10);
        let Some(kubelet) = world.controllers.kubelets.get_mut(&node) else { return };
        let time = images::pull_time(image, &world.options.pulls)
            .checked_mul(100 + jitter)
            .map_or(SignedDuration::ZERO, |time| time / 100);
        let pulled =
            kubelet.images.entry(image.to_owned()).or_insert_with(|| done.saturating_add(time).unwrap_or(done));
        done = done.max(*pulled);
    }
    let left = i64::try_from(done.duration_since(world.now).as_millis()).unwrap_or(0);
    let create = world.random.gen_range(200..500);
    plan(world, key, uid, left + create, Next::Start);
}

fn start(world: &mut World, key: &Key, uid: &str) {
    let Some(pod) = world.kube.api.shared(key).cloned() else { return };
    let program = items(&pod, "/spec/containers").find_map(|container| Program::of_image(text(container, "/image")));
    let node = text(&pod, "/spec/nodeName").to_owned();
    let Some(kubelet) = world.controllers.kubelets.get_mut(&node) else { return };
    kubelet.pods += 1;
    let address = match flag(&pod, "/spec/hostNetwork") {
        true => kubelet.address.to_string(),
        false => format!("10.244.{}.{}", kubelet.address.octets()[3], kubelet.pods % 250 + 2),
    };
    let host = kubelet.address.to_string();
    let process = program.map(|program| process::start(world, program, &pod));
    let now = world.now;
    let Some(container) = world.controllers.containers.get_mut(key) else { return };
    container.process = process;
    container.since = Some(now);
    let restarts = container.restarts;
    write(world, key, |status, now| {
        status["phase"] = json!("Running");
        status["hostIP"] = json!(host);
        status["hostIPs"] = json!([{"ip": host}]);
        status["podIP"] = json!(address);
        status["podIPs"] = json!([{"ip": address}]);
        status["startTime"] = json!(moment(now));
        running(status, &pod, now, false, restarts);
    });
    if program.is_none() && is_network_plugin(&pod) {
        nodes::network_is_up(world, &node);
    }
    let delay = world.random.gen_range(300..900);
    plan(world, key, uid, delay, Next::Probe);
}

/// Asks the readiness probe: a program that reconciles answers by its own rule, any other is ready once it runs.
fn probe(world: &mut World, key: &Key, uid: &str) {
    let Some(container) = world.controllers.containers.get(key) else { return };
    let (since, restarts) = (container.since.unwrap_or(world.now), container.restarts);
    let ready =
        container.process.is_none_or(|id| world.controllers.processes.get(&id).is_some_and(super::Process::is_ready));
    let Some(pod) = world.kube.api.shared(key).cloned() else { return };
    if !ready {
        plan(world, key, uid, 1000, Next::Probe);
        return;
    }
    write(world, key, |status, now| {
        running(status, &pod, since, true, restarts);
        condition(status, now, "ContainersReady", "True", "");
        condition(status, now, "Ready", "True", "");
    });
}

fn stop(world: &mut World, key: &Key) {
    let Some(container) = world.controllers.containers.remove(key) else { return };
    if let Some(process) = container.process {
        process::stop(world, process);
    }
    let options = DeleteOptions { uid: Some(container.uid), grace_period_seconds: Some(0), ..DeleteOptions::default() };
    // It may be gone already, deleted by force.
    let _ = world.kube.api.delete(&Caller::controller("kubelet", world.now), key, &options);
}

/// A process ended by itself: its container is started again, later and later.
pub(super) fn exited(world: &mut World, id: ProcessId, code: i32) {
    let Some(pod) = world.controllers.processes.get(&id).and_then(|process| process.pod.clone()) else { return };
    process::kill(world, id);
    let Some(container) = world.controllers.containers.get_mut(&pod) else { return };
    container.process = None;
    container.restarts += 1;
    let (uid, restarts) = (container.uid.clone(), container.restarts);
    let Some(object) = world.kube.api.shared(&pod).cloned() else { return };
    write(world, &pod, |status, now| {
        let reason = if restarts > 1 { "CrashLoopBackOff" } else { "Error" };
        waiting(status, &object, reason, &format!("the container exited with {code}"));
        for container in status["containerStatuses"].as_array_mut().into_iter().flatten() {
            container["restartCount"] = json!(restarts);
            container["lastState"] =
                json!({"terminated": {"exitCode": code, "reason": "Error", "finishedAt": moment(now)}});
        }
        condition(status, now, "ContainersReady", "False", "ContainersNotReady");
        condition(status, now, "Ready", "False", "ContainersNotReady");
    });
    // The first restart comes at once, the next after 10 s, doubling up to 5 min, as kubelets do it.
    let delay = if restarts == 1 { 1_000 } else { (10_000_i64 << (restarts - 2).min(5)).min(300_000) };
    plan(world, &pod, &uid, delay, Next::Start);
}

/// A node is gone, and what ran on it with it.
pub(super) fn lose(world: &mut World, node: &str) {
    let lost: Vec<Key> =
        world.controllers.containers.iter().filter(|(_, c)| c.node == node).map(|(key, _)| key.clone()).collect();
    for key in lost {
        if let Some(process) = world.controllers.containers.remove(&key).and_then(|container| container.process) {
            process::kill(world, process);
        }
    }
}

/// Whether a Pod brings the node's network: it mounts the folders that CNI plug-ins are installed into.
fn is_network_plugin(pod: &Value) -> bool {
    items(pod, "/spec/volumes")
        .filter_map(|volume| some_text(volume, "/hostPath/path"))
        .any(|path| path.starts_with("/etc/cni") || path.starts_with("/opt/cni"))
}

fn write(world: &mut World, key: &Key, change: impl FnOnce(&mut Value, Timestamp)) {
    let now = world.now;
    // A Pod that is gone needs no status.
    let _ = world.kube.api.modify(&Caller::controller("kubelet", now), key, Part::Status, |pod| {
        if !pod["status"].is_object() {
            pod["status"] = json!({});
        }
        change(&mut pod["status"], now);
    });
}

fn condition(status: &mut Value, now: Timestamp, kind: &str, state: &str, reason: &str) {
    conditions::set(status, now, 0, kind, [state, reason, ""]);
    let written = status["conditions"].as_array_mut().and_then(|list| list.iter_mut().find(|c| c["type"] == kind));
    if let Some(map) = written.and_then(Value::as_object_mut) {
        map.retain(|field, value| field != "observedGeneration" && value != "");
    }
}

fn waiting(status: &mut Value, pod: &Value, reason: &str, message: &str) {
    let list: Vec<Value> = items(pod, "/spec/containers")
        .map(|container| {
            let mut waiting = json!({"reason": reason});
            if !message.is_empty() {
                waiting["message"] = json!(message);
            }
            json!({"name": container["name"], "image": container["image"], "imageID": "", "ready": false,
                "started": false, "restartCount": 0, "state": {"waiting": waiting}, "lastState": {}})
        })
        .collect();
    status["containerStatuses"] = json!(list);
}

fn running(status: &mut Value, pod: &Value, since: Timestamp, ready: bool, restarts: u32) {
    let list: Vec<Value> = items(pod, "/spec/containers")
        .map(|container| {
            let image = text(container, "/image");
            json!({"name": container["name"], "image": image, "ready": ready, "started": true,
                "imageID": format!("{image}@sha256:{}", super::digest(image)), "restartCount": restarts,
                "containerID": format!("containerd://{}", super::digest(text(pod, "/metadata/uid"))),
                "state": {"running": {"startedAt": moment(since)}}, "lastState": {}})
        })
        .collect();
    status["containerStatuses"] = json!(list);
}

/// The Pods of a key's resource; what a kubelet watches.
pub(super) fn is_pod(key: &Key) -> bool {
    key.gr == GroupResource::PODS
}
