//! The one command that helps.

use fluxlift_core::Remedy;

use crate::diagnosis::{Cause, Diagnosis, Place, Root};
use crate::kinds::NAMESPACE;

/// What to type for the object at the end of the edges.
pub(super) fn of_root(root: &Root) -> String {
    match root {
        Root::Controller(deployment) => format!("kubectl logs -n {NAMESPACE} deployment/{deployment} --tail=50"),
        Root::Object(place, found) => of(place, found),
    }
}

fn of(place: &Place, found: &Diagnosis) -> String {
    let Place { namespace, name, .. } = place;
    let Some(flux) = flux(place) else { return describe(place) };
    let controller = match place.kind {
        "HelmRelease" => "helm-controller",
        "Kustomization" => "kustomize-controller",
        _ => "source-controller",
    };
    match (&found.cause, found.cause.remedy()) {
        (Cause::Suspended, _) => format!("flux resume {flux} {name} -n {namespace}"),
        (Cause::ChartNotApplied { .. }, _) => {
            format!("kubectl logs -n {NAMESPACE} deployment/{controller} --tail=200 | grep {name}")
        }
        (Cause::HelmUnknown { .. }, _) => format!("helm history {name} -n {namespace}"),
        (_, Some(Remedy::RestartController)) => {
            format!("kubectl rollout restart -n {NAMESPACE} deployment/{controller}")
        }
        (_, Some(Remedy::Reset)) => format!("flux reconcile {flux} {name} -n {namespace} --reset"),
        (_, Some(Remedy::Force)) => format!("flux reconcile {flux} {name} -n {namespace} --force"),
        (_, Some(Remedy::RepairUpstream)) => format!("flux reconcile {flux} {name} -n {namespace} --with-source"),
        (_, Some(Remedy::Reconcile)) | (Cause::Failing { .. }, _) => {
            format!("flux reconcile {flux} {name} -n {namespace}")
        }
        (Cause::Working { .. } | Cause::Downloading { .. }, None) => format!("fluxlift status -n {namespace} --watch"),
        _ => describe(place),
    }
}

fn describe(place: &Place) -> String {
    format!("kubectl describe -n {} {}/{}", place.namespace, place.kind.to_lowercase(), place.name)
}

/// What the flux command calls the kind.
fn flux(place: &Place) -> Option<&'static str> {
    Some(match place.kind {
        "HelmRelease" => "helmrelease",
        "Kustomization" => "kustomization",
        "GitRepository" => "source git",
        "OCIRepository" => "source oci",
        "HelmRepository" => "source helm",
        "HelmChart" => "source chart",
        "Bucket" => "source bucket",
        _ => return None,
    })
}
