//! The words of source-controller's conditions.

use crate::controllers::Controller;

/// What a source says while it is looked at because somebody asked for that.
pub const IN_PROGRESS: &str = "reconciliation in progress";

/// What a source says when its spec has changed since the last pass that ended.
pub fn new_generation(seen: i64, now: i64) -> String {
    format!("processing object: new generation {seen} -> {now}")
}

/// What a source without an artifact says while it makes one; `gone` when it had one.
pub fn building(gone: bool) -> &'static str {
    if gone { "building artifact: disappeared from storage" } else { "building artifact" }
}

/// What a source says when it has found something new; `from` is where a registry has it, `message` what it says when it is
/// Ready.
pub fn new_revision(controller: Controller, revision: &str, from: &str, message: &str) -> String {
    match controller {
        Controller::GitRepositories => format!("new upstream revision '{revision}'"),
        Controller::OciRepositories => format!("new revision '{revision}' for '{from}'"),
        Controller::HelmCharts => message.to_owned(),
        _ => format!("new index revision '{revision}'"),
    }
}

/// The address of the newest artifact of a source, whichever it is.
pub fn latest(controller: Controller, artifact: &str) -> String {
    let folder = artifact.rsplit_once('/').map_or("", |(folder, _)| folder);
    let name = if controller == Controller::HelmRepositories { "index.yaml" } else { "latest.tar.gz" };
    format!("{folder}/{name}")
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
