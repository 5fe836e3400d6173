//! Letting go of what an instance has applied, so that the root which applied it before looks after it again.

use fluxlift_engine::unit::{UnitContext, UnitError};
use fluxlift_flux::inventory::Entry;
use fluxlift_kube::{Cluster, ObjectRef, RequestError};
use serde_json::{Value, json};

/// With `disabled`, flux-operator lets an instance go without uninstalling what it stands for.
const RECONCILE: &str = "fluxcd.controlplane.io/reconcile";
/// What flux-operator marks its objects with, so that kustomize-controller neither applies nor prunes them.
const MARKS: [&str; 2] = ["kustomize.toolkit.fluxcd.io/ssa", "kustomize.toolkit.fluxcd.io/prune"];

/// Makes the operator stop at the instance `target`, and takes its marks off what it has applied. The instance itself stays
/// until then: what was cut short is done again by the next call.
///
/// # Errors
/// When the cluster refuses or does not answer.
pub(super) async fn let_go(cx: &UnitContext, cluster: &Cluster, target: &ObjectRef) -> Result<(), UnitError> {
    let live = cluster.merge(target, &json!({"metadata": {"annotations": {RECONCILE: "disabled"}}})).await?;
    cx.gates.events.step("disabled", format!("{target}: Flux stays as it is"));
    let unmarked = json!({"metadata": {"annotations": {MARKS[0]: null, MARKS[1]: null}}});
    let mut count = 0;
    for entry in live.items("/status/inventory/entries") {
        let Some(object) = object(cluster, entry).await? else { continue };
        match cluster.merge(&object, &unmarked).await {
            Ok(_) => count += 1,
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error.into()),
        }
    }
    cx.gates.events.step("unmarked", format!("{count} objects: the root in Git looks after them again"));
    Ok(())
}

/// The object of an entry such as `{"id": "flux-system_helm-controller_apps_Deployment", "v": "v1"}`.
async fn object(cluster: &Cluster, entry: &Value) -> Result<Option<ObjectRef>, RequestError> {
    let parsed = entry["id"].as_str().and_then(Entry::parse).zip(entry["v"].as_str());
    let Some((Entry { namespace, name, group, kind }, version)) = parsed else { return Ok(None) };
    let api_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    let kind = cluster.kind_of(&api_version, &kind).await?;
    Ok(Some(if kind.is_namespaced() {
        ObjectRef::namespaced(kind, namespace, name)
    } else {
        ObjectRef::cluster(kind, name)
    }))
}
