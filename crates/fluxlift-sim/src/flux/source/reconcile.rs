//! One pass over a source, whatever its kind.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::fetch::{self, Fetched, Refusal};
use super::words;
use crate::controllers::conditions;
use crate::controllers::object::{duration, flag, generation, has_finalizer, is_deleting, number, some_text, text};
use crate::controllers::{Controller, Outcome, Pass, Passed};
use crate::flux::kinds::FINALIZER;
use crate::flux::{storage, token};
use crate::kube::Status;

/// Where a worker of source-controller is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// The fetch has come to an end.
    Fetched,
}

/// Begins a pass over a source.
pub fn reconcile(pass: &mut Pass<'_>) -> Passed {
    let Some(source) = pass.object() else { return Ok(Outcome::Done) };
    if is_deleting(&source) {
        if let Some(url) = some_text(&source, "/status/artifact/url") {
            pass.world.flux.storage.remove(url);
        }
        renew_ready(pass, &source)?;
        pass.drop_finalizer(FINALIZER)?;
        return Ok(Outcome::Done);
    }
    // A repository of OCI type is static: nothing is fetched, and nothing is echoed.
    if pass.controller == Controller::HelmRepositories && text(&source, "/spec/type") == "oci" {
        return Ok(Outcome::Done);
    }
    if !has_finalizer(&source, FINALIZER) {
        pass.add_finalizer(FINALIZER)?;
        pass.status(|status| token::echo(&source, status))?;
        return Ok(Outcome::Again);
    }
    if flag(&source, "/spec/suspend") {
        pass.log("info", "reconciliation is suspended for this object", &[]);
        // Without a condition there was nothing to observe yet, and -1 stays.
        let known = source["status"]["conditions"].as_array().is_some_and(|conditions| !conditions.is_empty());
        renew_ready(pass, &source)?;
        pass.status(|status| {
            if known {
                status["observedGeneration"] = json!(generation(&source));
            }
            token::echo(&source, status);
        })?;
        return Ok(Outcome::Done);
    }
    let seen = number(&source, "/status/observedGeneration").unwrap_or(-1);
    if seen != generation(&source) {
        let message = words::new_generation(seen, generation(&source));
        progress(pass, &source, false, &message, |_| {})?;
    } else if token::is_new(&source) {
        progress(pass, &source, false, words::IN_PROGRESS, |_| {})?;
    }
    if !storage::has(pass.world, &source) {
        let gone = some_text(&source, "/status/artifact/url").is_some();
        progress(pass, &source, true, words::building(gone), |status| {
            conditions::remove(status, "ArtifactInStorage");
            status.as_object_mut().map(|status| status.remove("artifact"));
        })?;
    }
    let time = fetch::time(pass, &source);
    Ok(Outcome::Busy(time, crate::controllers::Step::Source(Step::Fetched)))
}

/// A pass that does nothing sums up once more, be it the last one or one of a suspended source: Ready is the same, at the
/// generation that it finds.
fn renew_ready(pass: &mut Pass<'_>, source: &Value) -> Result<(), Status> {
    let Some(ready) = conditions::get(source, "Ready") else { return Ok(()) };
    let (now, observed) = (pass.now(), generation(source));
    let words = ["/status", "/reason", "/message"].map(|word| text(ready, word));
    pass.status(|status| conditions::set(status, now, observed, "Ready", words))
}

/// Says how far a pass has come. Ready becomes Unknown where the artifact is about to change; else it stays as it was, if
/// it was known.
fn progress(
    pass: &mut Pass<'_>,
    source: &Value,
    drift: bool,
    message: &str,
    note: impl FnOnce(&mut Value),
) -> Result<(), Status> {
    let (now, observed) = (pass.now(), generation(source));
    pass.status(|status| {
        note(status);
        conditions::reconciling(status, now, observed, "Progressing", message);
        let list = status["conditions"].as_array();
        let ready = list.into_iter().flatten().find(|condition| condition["type"] == "Ready");
        if drift || ready.is_none_or(|ready| ready["status"] == "Unknown") {
            conditions::set(status, now, observed, "Ready", ["Unknown", "Progressing", message]);
        }
    })
}

/// Ends a pass: what was fetched is stored, or what went wrong is told.
pub fn go_on(pass: &mut Pass<'_>, Step::Fetched: Step) -> Passed {
    let Some(source) = pass.object().filter(|source| !is_deleting(source)) else { return Ok(Outcome::Again) };
    match fetch::fetch(pass, &source) {
        Ok(fetched) => succeed(pass, &source, fetched),
        Err(refusal) => fail(pass, &source, &refusal),
    }
}

fn succeed(pass: &mut Pass<'_>, source: &Value, fetched: Fetched) -> Passed {
    let (now, observed, controller) = (pass.now(), generation(source), pass.controller);
    let current = text(source, "/status/artifact/revision") == fetched.revision && storage::has(pass.world, source);
    let (reason, message) = words::success(controller, &fetched.revision, &fetched.what);
    if !current {
        let message = words::new_revision(controller, &fetched.revision, &fetched.from, &message);
        let outdated = source["status"]["artifact"].is_object().then(|| message.clone());
        progress(pass, source, true, &format!("building artifact: {message}"), |status| {
            conditions::remove(status, "FetchFailed");
            if let Some(message) = outdated {
                conditions::set(status, now, observed, "ArtifactOutdated", ["True", "NewRevision", &message]);
            }
        })?;
    }
    let artifact = match current {
        true => source["status"]["artifact"].clone(),
        false => storage::store(pass, &fetched.revision, fetched.stored),
    };
    if !current {
        pass.log("info", &message, &[]);
    }
    let ready = ["True", reason, &message];
    let stored = words::stored(controller, &message);
    pass.status(|status| {
        conditions::remove(status, "Reconciling");
        conditions::remove(status, "FetchFailed");
        conditions::remove(status, "ArtifactOutdated");
        conditions::set(status, now, observed, "Ready", ready);
        conditions::set(status, now, observed, "ArtifactInStorage", stored);
        status["artifact"] = artifact;
        status["observedGeneration"] = json!(observed);
        match controller {
            Controller::HelmCharts => {
                status["observedChartName"] = json!(fetched.what);
                status["observedSourceArtifactRevision"] = json!(fetched.from);
            }
            Controller::GitRepositories => {}
            _ => status["url"] = json!(words::latest(controller, text(&status["artifact"], "/url"))),
        }
        if controller == Controller::OciRepositories && source["spec"]["layerSelector"].is_object() {
            status["observedLayerSelector"] = source["spec"]["layerSelector"].clone();
        }
        token::echo(source, status);
    })?;
    let interval = some_text(source, "/spec/interval").and_then(duration);
    let interval = interval.unwrap_or(jiff::SignedDuration::from_mins(1));
    Ok(Outcome::After(pass.jittered(interval)))
}

fn fail(pass: &mut Pass<'_>, source: &Value, refusal: &Refusal) -> Passed {
    let (now, observed) = (pass.now(), generation(source));
    pass.status(|status| {
        let failed = [refusal.reason, &refusal.message];
        conditions::set(status, now, observed, "FetchFailed", ["True", failed[0], failed[1]]);
        conditions::set(status, now, observed, "Ready", ["False", failed[0], failed[1]]);
        if conditions::has(status, "Reconciling") {
            conditions::retrying(status);
        } else {
            conditions::set(status, now, observed, "Reconciling", ["True", "ProgressingWithRetry", words::IN_PROGRESS]);
        }
        token::echo(source, status);
    })?;
    // What waits for another source is woken by its artifact; the rest is tried again with back-off.
    Ok(if refusal.waits { Outcome::Done } else { Outcome::Failed(refusal.message.clone()) })
}
