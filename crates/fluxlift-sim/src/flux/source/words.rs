//! The words of source-controller's conditions.

use crate::controllers::Controller;

/// What a source says while it is fetched for the first time.
pub fn progress(controller: Controller) -> &'static str {
    match controller {
        Controller::HelmCharts => "building artifact: reconciliation in progress",
        _ => "building artifact",
    }
}

/// What a source says after a failure, while it is tried again.
pub fn retry() -> &'static str {
    "processing object: new generation"
}

/// Reason and message of a Ready source.
pub fn success(controller: Controller, revision: &str, what: &str) -> (&'static str, String) {
    match controller {
        Controller::HelmCharts => ("ChartPullSucceeded", format!("pulled '{what}' chart with version '{revision}'")),
        Controller::HelmRepositories => ("Succeeded", format!("stored artifact: revision '{revision}'")),
        Controller::OciRepositories => ("Succeeded", format!("stored artifact for digest '{revision}'")),
        _ => ("Succeeded", format!("stored artifact for revision '{revision}'")),
    }
}

/// The condition ArtifactInStorage of a Ready source.
pub fn stored(controller: Controller, message: &str) -> [&str; 3] {
    let reason = if controller == Controller::HelmCharts { "ChartPullSucceeded" } else { "Succeeded" };
    ["True", reason, message]
}
