//! What changed, and whom it concerns.
//!
//! One look at the API's changes serves all controllers. Each kind has its rule for what is worth a pass, the predicates
//! of the real controllers among them.

use serde_json::Value;

use super::object::{annotation, generation, is_deleting, owner, selects, some_text, text};
use super::{Controller, Program, conditions, pods};
use crate::World;
use crate::flux::kinds::{self, REQUESTED_AT};
use crate::kube::{Change, ChangeType, GroupResource, Key};
use crate::referee;

/// Shows every change since the last look to the kubelets, the referee and the controllers.
pub(super) fn catch_up(world: &mut World) {
    let cursor = world.controllers.cursor;
    if cursor == world.kube.api.revision() {
        return;
    }
    let changes: Option<Vec<Change>> =
        world.kube.api.changes_since(cursor).ok().map(|changes| changes.cloned().collect());
    world.controllers.cursor = world.kube.api.revision();
    if changes.is_none() {
        relist(world);
    }
    for change in changes.iter().flatten() {
        referee::observe(world, change);
        if pods::is_pod(&change.key) {
            pods::observe(world, change);
        }
        for (controller, object) in concerned(world, change) {
            enqueue(world, controller, object);
        }
    }
}

/// Changes were forgotten before they were seen: every controller lists anew.
fn relist(world: &mut World) {
    let active: Vec<_> =
        world.controllers.processes.iter().filter(|(_, process)| process.is_active()).map(|(id, _)| *id).collect();
    for id in active {
        super::process::activate(world, id);
    }
}

/// Queues `object` in every process that runs `controller`, works, and watches it.
fn enqueue(world: &mut World, controller: Controller, object: Key) {
    let live = world.kube.api.shared(&object).cloned();
    for process in world.controllers.processes.values_mut() {
        if live.as_deref().is_none_or(|live| process.args.watches(&process.namespace, live))
            && let Some(queue) = process.queues.get_mut(&controller)
        {
            queue.add(object.clone());
        }
    }
}

fn concerned(world: &World, change: &Change) -> Vec<(Controller, Key)> {
    let object = &*change.object;
    let owner = |kind: &str, gr: &GroupResource| {
        owner(object, kind).map(|name| Key::of(gr, change.key.namespace.as_deref(), name))
    };
    let mut found = Vec::new();
    match &change.key.gr {
        gr if *gr == GroupResource::PODS => {
            found.extend(owner("ReplicaSet", &GroupResource::REPLICA_SETS).map(|set| (Controller::ReplicaSets, set)));
            found.extend(owner("DaemonSet", &GroupResource::DAEMON_SETS).map(|set| (Controller::DaemonSets, set)));
            if change.kind != ChangeType::Deleted && some_text(object, "/spec/nodeName").is_none() && is_new(change) {
                found.push((Controller::Scheduler, change.key.clone()));
            }
            found.extend(services_of(world, change).map(|service| (Controller::EndpointSlices, service)));
        }
        gr if *gr == GroupResource::REPLICA_SETS => {
            found.push((Controller::ReplicaSets, change.key.clone()));
            found
                .extend(owner("Deployment", &GroupResource::DEPLOYMENTS).map(|owner| (Controller::Deployments, owner)));
        }
        gr if *gr == GroupResource::DEPLOYMENTS && is_new(change) => {
            found.push((Controller::Deployments, change.key.clone()));
        }
        gr if *gr == GroupResource::DAEMON_SETS && is_new(change) => {
            found.push((Controller::DaemonSets, change.key.clone()));
        }
        gr if *gr == GroupResource::NODES && has_moved(change) => {
            let all = |gr: &GroupResource| world.kube.api.entries(gr, None).map(|(key, _)| key.clone()).collect();
            let sets: Vec<Key> = all(&GroupResource::DAEMON_SETS);
            found.extend(sets.into_iter().map(|set| (Controller::DaemonSets, set)));
            let unbound = world.kube.api.entries(&GroupResource::PODS, None);
            let unbound = unbound.filter(|(_, pod)| some_text(pod, "/spec/nodeName").is_none());
            found.extend(unbound.map(|(key, _)| (Controller::Scheduler, key.clone())));
        }
        gr if *gr == GroupResource::PERSISTENT_VOLUME_CLAIMS && is_new(change) => {
            found.push((Controller::Claims, change.key.clone()));
        }
        gr if *gr == GroupResource::NAMESPACES => found.push((Controller::Namespaces, change.key.clone())),
        gr if *gr == GroupResource::SERVICES && is_new(change) => {
            found.push((Controller::EndpointSlices, change.key.clone()));
        }
        gr => {
            if let Some(controller) = Controller::of_custom(gr)
                && wants(controller, change)
            {
                found.push((controller, change.key.clone()));
            }
            dependents(world, change, &mut found);
        }
    }
    found
}

/// A new object, one whose spec changed, or one that is to go.
fn is_new(change: &Change) -> bool {
    change.previous.as_deref().is_none_or(|previous| {
        change.kind == ChangeType::Deleted
            || generation(previous) != generation(&change.object)
            || is_deleting(previous) != is_deleting(&change.object)
            || (change.object["metadata"].get("generation").is_none() && previous["spec"] != change.object["spec"])
    })
}

/// What the Flux controllers' predicates let through: a new generation or a new `requestedAt`; status never.
fn wants(controller: Controller, change: &Change) -> bool {
    if change.kind == ChangeType::Deleted {
        // flux-operator writes its report anew when somebody deletes it.
        return controller == Controller::FluxReports;
    }
    let asked = |object: &Value| annotation(object, REQUESTED_AT).map(str::to_owned);
    let annotated = change.previous.as_deref().is_some_and(|previous| match controller {
        // flux-operator's own annotations count too.
        Controller::FluxInstances => previous["metadata"]["annotations"] != change.object["metadata"]["annotations"],
        _ => asked(previous) != asked(&change.object),
    });
    is_new(change) || annotated
}

fn has_moved(change: &Change) -> bool {
    change.previous.as_deref().is_none_or(|previous| {
        let labels = |node: &Value| node["metadata"]["labels"].clone();
        conditions::status(previous, "Ready") != conditions::status(&change.object, "Ready")
            || previous["spec"] != change.object["spec"]
            || labels(previous) != labels(&change.object)
            || change.kind == ChangeType::Deleted
    })
}

/// The Services that select a Pod.
fn services_of<'w>(world: &'w World, change: &'w Change) -> impl Iterator<Item = Key> + 'w {
    let services = world.kube.api.entries(&GroupResource::SERVICES, change.key.namespace.as_deref());
    services
        .filter(|(_, service)| {
            let selector = serde_json::json!({"matchLabels": service["spec"]["selector"]});
            service["spec"]["selector"].is_object() && selects(&selector, &change.object)
        })
        .map(|(key, _)| key.clone())
}

/// Who waits for the artifact of a source. A source's creation is ignored, as in the real predicate: only an update that
/// brings another revision counts.
fn dependents(world: &World, change: &Change, found: &mut Vec<(Controller, Key)>) {
    let is_source = change.key.gr.group == "source.toolkit.fluxcd.io";
    let revision = |object: &Value| some_text(object, "/status/artifact/revision").map(str::to_owned);
    let (Some(previous), true) = (&change.previous, is_source && change.kind == ChangeType::Modified) else { return };
    if revision(&change.object).is_none() || revision(previous) == revision(&change.object) {
        return;
    }
    let kind = text(&change.object, "/kind");
    let refers = |object: &Value, reference: &str| {
        let namespace =
            some_text(object, &format!("{reference}/namespace")).or(some_text(object, "/metadata/namespace"));
        text(object, &format!("{reference}/kind")) == kind
            && text(object, &format!("{reference}/name")) == change.key.name
            && namespace == change.key.namespace.as_deref()
    };
    let mut all = |gr: &GroupResource, controller: Controller, test: &dyn Fn(&Value) -> bool| {
        let entries = world.kube.api.entries(gr, None).filter(|(_, object)| test(object));
        found.extend(entries.map(|(key, _)| (controller, key.clone())));
    };
    all(&kinds::KUSTOMIZATIONS, Controller::Kustomizations, &|object| refers(object, "/spec/sourceRef"));
    all(&kinds::HELM_CHARTS, Controller::HelmCharts, &|object| refers(object, "/spec/sourceRef"));
    match kind {
        "HelmChart" => all(&kinds::HELM_RELEASES, Controller::HelmReleases, &|release| {
            let own = text(release, "/status/helmChart") == super::object::path(&change.key);
            own || refers(release, "/spec/chartRef")
        }),
        "OCIRepository" if wakes_releases(world) => {
            all(&kinds::HELM_RELEASES, Controller::HelmReleases, &|release| refers(release, "/spec/chartRef"));
        }
        _ => {}
    }
}

/// Before helm-controller 1.4 a release whose OCIRepository became ready later was left to its interval;
/// the HelmChart that it made itself always woke it.
fn wakes_releases(world: &World) -> bool {
    let mut helm = world.controllers.processes.values().filter(|process| process.program == Program::HelmController);
    helm.all(|process| process.profile.requeues_when_source_is_not_ready())
}
