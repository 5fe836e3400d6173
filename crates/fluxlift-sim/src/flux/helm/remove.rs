//! The end of a HelmRelease: its release is uninstalled, unless it is suspended or was never installed.

use serde_json::Value;

use super::release::Place;
use super::{Step, chart, secret};
use crate::controllers::object::{flag, some_text};
use crate::controllers::{Outcome, Pass, Passed};
use crate::flux::kinds::FINALIZER;

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

/// Removes the storage and the HelmChart, and lets the object go.
pub(super) fn end(pass: &mut Pass<'_>, release: &Value) -> Passed {
    if some_text(release, "/status/storageNamespace").is_some() {
        for key in secret::revisions(pass, &Place::of(release)) {
            pass.delete(&key)?;
        }
        pass.log("info", "uninstalled Helm release for deleted resource", &[]);
    }
    if let Some(key) = chart::key(release).filter(|key| pass.get(key).is_some()) {
        pass.delete(&key)?;
    }
    pass.drop_finalizer(FINALIZER)?;
    Ok(Outcome::Done)
}
