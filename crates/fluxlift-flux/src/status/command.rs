//! The one command that helps.

use crate::diagnosis::{Cause, Diagnosis, Place, Root};
use crate::kinds::NAMESPACE;
use crate::rescue::Force;
use crate::rescue::rungs::rungs;

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
    match (&found.cause, found.cause.remedy()) {
        (Cause::Suspended, _) => format!("flux resume {flux} {name} -n {namespace}"),
        (Cause::ChartNotApplied { .. }, _) => {
            format!("kubectl logs -n {NAMESPACE} deployment/helm-controller --tail=200 | grep {name}")
        }
        (Cause::HelmUnknown { .. }, _) => format!("helm history {name} -n {namespace}"),
        (cause @ Cause::Failing { .. }, _) | (cause, Some(_)) if !rungs(cause).is_empty() => rescue(place, cause),
        (Cause::Working { .. } | Cause::Downloading { .. }, None) => format!("fluxlift status -n {namespace} --watch"),
        _ => describe(place),
    }
}

/// A rescue of it alone, that may use as much force as its first rung takes.
fn rescue(place: &Place, cause: &Cause) -> String {
    let most = rungs(cause).first().copied().unwrap_or(Force::Ask);
    let more = if most > Force::Force { format!(" --max-force {}", most.number()) } else { String::new() };
    format!("fluxlift rescue --only {place}{more}")
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
