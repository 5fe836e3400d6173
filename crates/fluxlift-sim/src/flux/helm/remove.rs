//! The end of a HelmRelease: its release is uninstalled, unless it is suspended or was never installed.

use serde_json::Value;

use super::release::Place;
use super::{Step, chart, secret};
use crate::controllers::object::{flag, generation, number, some_text, text};
use crate::controllers::{Outcome, Pass, Passed, conditions};
use crate::flux::kinds::FINALIZER;
use crate::kube::Status;

/// Begins the uninstall; a suspended release, or one without a storage, just goes.
pub(super) fn begin(pass: &mut Pass<'_>, release: &Value) -> Passed {
    if flag(release, "/spec/suspend") {
        pass.drop_finalizer(FINALIZER)?;
        return Ok(Outcome::Done);
    }
    if some_text(release, "/status/storageNamespace").is_none() {
        return end(pass, release);
    }
    let time = pass.between(300, 1_200);
    Ok(Outcome::Busy(time, crate::controllers::Step::Helm(Step::Uninstall)))
}

/// Says that the release is uninstalled: the last that is seen of the object.
fn tell(pass: &mut Pass<'_>, release: &Value) -> Result<(), Status> {
    let held = &release["status"]["history"][0];
    if held.is_null() {
        return Ok(());
    }
    let message = format!(
        "Helm uninstall succeeded for release {}/{}.v{} with chart {}@{}",
        text(held, "/namespace"),
        text(held, "/name"),
        number(held, "/version").unwrap_or(1),
        text(held, "/chartName"),
        text(held, "/chartVersion")
    );
    let (now, observed) = (pass.now(), generation(release));
    pass.status(|status| {
        for kind in ["Released", "Ready"] {
            conditions::set(status, now, observed, kind, ["False", "UninstallSucceeded", &message]);
        }
    })
}

/// Removes the storage and the HelmChart, and lets the object go.
pub(super) fn end(pass: &mut Pass<'_>, release: &Value) -> Passed {
    if some_text(release, "/status/storageNamespace").is_some() {
        for key in secret::revisions(pass, &Place::of(release)) {
            pass.delete(&key)?;
        }
        pass.log("info", "uninstalled Helm release for deleted resource", &[]);
        tell(pass, release)?;
    }
    if let Some(key) = chart::key(release).filter(|key| pass.get(key).is_some()) {
        pass.delete(&key)?;
    }
    pass.drop_finalizer(FINALIZER)?;
    Ok(Outcome::Done)
}
