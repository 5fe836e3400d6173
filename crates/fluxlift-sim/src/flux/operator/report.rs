//! The FluxReport: what the operator sees of the cluster.
//!
//! Its Ready is written only by a leader's pass, but it says True even when there is nothing to report, and it never
//! echoes a token.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::World;
use crate::controllers::object::{flag, generation, items, some_text, text};
use crate::controllers::{Controller, Outcome, Pass, Passed, ProcessId, conditions};
use crate::flux::kinds::{FLUX_INSTANCES, FLUX_REPORTS, REQUESTED_AT};
use crate::kube::{GroupResource, Key};

/// How often a report is made when nobody asks for one.
const EVERY: SignedDuration = SignedDuration::from_mins(5);

/// A new leader makes a report at once.
pub fn at_start(world: &mut World, id: ProcessId) {
    let Some(process) = world.controllers.processes.get_mut(&id) else { return };
    let key = Key::namespaced(&FLUX_REPORTS, &process.namespace, "flux");
    if let Some(queue) = process.queues.get_mut(&Controller::FluxReports) {
        queue.add(key);
    }
}

/// Asks for a new report, as every pass over the instance does at its end.
pub(super) fn request(pass: &mut Pass<'_>) {
    let token = pass.now().as_second().to_string();
    let key = Key::of(&FLUX_REPORTS, pass.key.namespace.as_deref(), "flux");
    // Without a report there is nothing to renew.
    let _ = pass.modify(&key, |report| report["metadata"]["annotations"][REQUESTED_AT] = json!(token));
}

/// Makes a report.
pub fn reconcile(pass: &mut Pass<'_>) -> Passed {
    if pass.key.name != "flux" {
        return Ok(Outcome::Done);
    }
    let live = pass.object();
    let spec = spec(pass);
    let namespace = pass.key.namespace.clone();
    let report = json!({"apiVersion": "fluxcd.controlplane.io/v1", "kind": "FluxReport",
        "metadata": {"name": "flux", "namespace": namespace,
            "labels": {"app.kubernetes.io/managed-by": "flux-operator"}}, "spec": spec});
    pass.apply(report)?;
    // The generation is the one that the pass began with: after a change it lags.
    let (now, observed) = (pass.now(), live.map_or(0, |live| generation(&live)));
    pass.status(|status| {
        let words = ["True", "ReconciliationSucceeded", "Reporting finished in 12ms"];
        conditions::set(status, now, observed, "Ready", words);
    })?;
    Ok(Outcome::After(EVERY))
}

fn spec(pass: &Pass<'_>) -> Value {
    let version = pass.process().version.clone();
    let namespace = pass.key.namespace.as_deref();
    let instance = pass.get(&Key::of(&FLUX_INSTANCES, namespace, "flux"));
    let nodes = pass.list(&GroupResource::NODES, None).len();
    let mut spec = json!({
        "distribution": {"entitlement": "Issued by controlplane", "status": "Not Installed"},
        "operator": {"apiVersion": "fluxcd.controlplane.io/v1", "version": version, "platform": "linux/amd64"},
        "cluster": {"serverVersion": pass.world.kube.version, "platform": "linux/amd64", "nodes": nodes},
    });
    if let Some(instance) = instance {
        let applied = text(&instance, "/status/lastAppliedRevision").split('@').next().unwrap_or_default();
        spec["distribution"]["status"] = json!(if applied.is_empty() { "Not Installed" } else { "Installed" });
        if !applied.is_empty() {
            spec["distribution"]["version"] = json!(applied);
            spec["distribution"]["managedBy"] = json!("flux-operator");
        }
        spec["components"] = items(&instance, "/status/components").map(|c| component(pass, c)).collect();
        if let Some(sync) = sync(pass, &instance) {
            spec["sync"] = sync;
        }
    }
    let counted = [
        Controller::GitRepositories,
        Controller::OciRepositories,
        Controller::HelmRepositories,
        Controller::HelmCharts,
        Controller::Kustomizations,
        Controller::HelmReleases,
    ];
    spec["reconcilers"] = counted.into_iter().filter_map(|controller| reconciler(pass, controller)).collect();
    spec
}

fn component(pass: &Pass<'_>, component: &Value) -> Value {
    let name = text(component, "/name");
    let key = Key::of(&GroupResource::DEPLOYMENTS, pass.key.namespace.as_deref(), name);
    let ready = pass.get(&key).is_some_and(|deployment| crate::flux::health::is_healthy(&deployment));
    json!({"name": name, "ready": ready,
        "image": format!("{}:{}", text(component, "/repository"), text(component, "/tag")),
        "status": if ready { "Current Deployment is available. Replicas: 1" } else { "InProgress Deployment is rolling out" }})
}

fn reconciler(pass: &Pass<'_>, controller: Controller) -> Option<Value> {
    let gr = controller.resource();
    let kind = pass.world.kube.api.kind(&gr)?;
    let objects = pass.list(&gr, None);
    let suspended = objects.iter().filter(|object| flag(object, "/spec/suspend")).count();
    let failing = objects.iter().filter(|object| conditions::status(object, "Ready") == "False").count();
    Some(json!({"apiVersion": kind.storage_api_version(), "kind": kind.kind,
        "stats": {"running": objects.len() - suspended, "failing": failing, "suspended": suspended}}))
}

fn sync(pass: &Pass<'_>, instance: &Value) -> Option<Value> {
    let spec = instance["spec"].get("sync").filter(|sync| sync.is_object())?;
    let namespace = pass.key.namespace.as_deref();
    let name = some_text(spec, "/name").or(namespace)?;
    let root = pass.get(&Key::of(&Controller::Kustomizations.resource(), namespace, name))?;
    let ready = conditions::get(&root, "Ready");
    Some(json!({"id": format!("kustomization/{name}"), "path": spec["path"], "source": spec["url"],
        "ready": conditions::is_true(&root, "Ready"),
        "status": ready.map_or("not initialized", |c| c["message"].as_str().unwrap_or_default())}))
}
