//! Deleting a FluxInstance: Flux goes, what it delivered stays.

use jiff::SignedDuration;
use serde_json::Value;

use super::Step;
use crate::controllers::object::{annotation, items};
use crate::controllers::{Controller, Outcome, Pass, Passed};
use crate::flux::inventory;
use crate::flux::kinds::OPERATOR_FINALIZER;
use crate::kube::{GroupResource, Key};

/// Deletes the controllers first: then nobody prunes or uninstalls anything any more.
pub(super) fn begin(pass: &mut Pass<'_>, instance: &Value) -> Passed {
    if annotation(instance, "fluxcd.controlplane.io/reconcile") == Some("disabled") {
        // What the instance stands for stays as it is.
        pass.drop_finalizer(OPERATOR_FINALIZER)?;
        return Ok(Outcome::Done);
    }
    pass.log("info", "Uninstalling Flux", &[]);
    for key in owned(pass, instance) {
        if key.gr == GroupResource::DEPLOYMENTS {
            let _ = pass.delete(&key);
        }
    }
    Ok(Outcome::Busy(SignedDuration::from_secs(2), crate::controllers::Step::Operator(Step::Uninstall)))
}

/// Takes the finalizers from the Flux objects that are left without a controller, and deletes the rest.
pub(super) fn go_on(pass: &mut Pass<'_>) -> Passed {
    let Some(instance) = pass.object() else { return Ok(Outcome::Done) };
    let kinds = [
        Controller::GitRepositories,
        Controller::OciRepositories,
        Controller::HelmRepositories,
        Controller::HelmCharts,
        Controller::Buckets,
        Controller::Kustomizations,
        Controller::HelmReleases,
        Controller::Receivers,
    ];
    for gr in kinds.map(Controller::resource) {
        let keys: Vec<Key> = pass.world.kube.api.entries(&gr, None).map(|(key, _)| key.clone()).collect();
        for key in keys {
            // One that is deleted already is gone with its last finalizer.
            let _ = pass.modify(&key, |object| {
                if let Some(metadata) = object["metadata"].as_object_mut() {
                    metadata.remove("finalizers");
                }
            });
        }
    }
    for key in owned(pass, &instance) {
        if key.gr != GroupResource::NAMESPACES {
            let _ = pass.delete(&key);
        }
    }
    pass.drop_finalizer(OPERATOR_FINALIZER)?;
    Ok(Outcome::Done)
}

fn owned(pass: &Pass<'_>, instance: &Value) -> Vec<Key> {
    items(instance, "/status/inventory/entries").filter_map(|entry| inventory::key(pass, entry)).collect()
}
