//! One pass over a source, whatever its kind.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::fetch::{self, Fetched, Refusal};
use super::words;
use crate::controllers::conditions;
use crate::controllers::object::{duration, flag, generation, has_finalizer, is_deleting, some_text, text};
use crate::controllers::{Controller, Outcome, Pass, Passed};
use crate::flux::kinds::FINALIZER;
use crate::flux::{storage, token};

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
        pass.drop_finalizer(FINALIZER)?;
        return Ok(Outcome::Done);
    }
    // A repository of OCI type is static: nothing is fetched, and nothing is echoed (facts/flux.md section 2).
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
        pass.status(|status| token::echo(&source, status))?;
        return Ok(Outcome::Done);
    }
    if !storage::has(pass.world, &source) {
        let (now, observed) = (pass.now(), generation(&source));
        let message = words::progress(pass.controller);
        pass.status(|status| {
            let reconciling = ["True", "Progressing", message];
            conditions::set(status, now, observed, "Reconciling", reconciling);
            conditions::set(status, now, observed, "Ready", ["Unknown", "Progressing", message]);
        })?;
    }
    let time = fetch::time(pass, &source);
    Ok(Outcome::Busy(time, crate::controllers::Step::Source(Step::Fetched)))
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
    let artifact = match current {
        true => source["status"]["artifact"].clone(),
        false => storage::store(pass, &fetched.revision, fetched.stored),
    };
    let (reason, message) = words::success(controller, &fetched.revision, &fetched.what);
    if !current {
        pass.log("info", &message, &[]);
    }
    let ready = ["True", reason, &message];
    let stored = words::stored(controller, &message);
    pass.status(|status| {
        conditions::remove(status, "Reconciling");
        conditions::remove(status, "FetchFailed");
        conditions::set(status, now, observed, "Ready", ready);
        conditions::set(status, now, observed, "ArtifactInStorage", stored);
        status["artifact"] = artifact;
        status["observedGeneration"] = json!(observed);
        match controller {
            Controller::HelmCharts => {
                status["observedChartName"] = json!(fetched.what);
                status["observedSourceArtifactRevision"] = json!(fetched.from);
            }
            _ => status["url"] = status["artifact"]["url"].clone(),
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
        conditions::set(status, now, observed, "Reconciling", ["True", "ProgressingWithRetry", words::retry()]);
        token::echo(source, status);
    })?;
    // What waits for another source is woken by its artifact; the rest is tried again with back-off.
    Ok(if refusal.waits { Outcome::Done } else { Outcome::Failed(refusal.message.clone()) })
}
