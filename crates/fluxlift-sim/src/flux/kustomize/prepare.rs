//! The beginning of a pass: finalizer, suspend, source, dependencies.

use fluxlift_core::Timestamp;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Step, depend, finalize};
use crate::controllers::object::{duration, flag, generation, has_finalizer, is_deleting, some_text, text};
use crate::controllers::{Outcome, Pass, Passed, conditions};
use crate::flux::kinds::{self, FINALIZER};
use crate::flux::token;
use crate::kube::Key;

/// Begins a pass over a Kustomization.
pub fn reconcile(pass: &mut Pass<'_>) -> Passed {
    let Some(object) = pass.object() else { return Ok(Outcome::Done) };
    if is_deleting(&object) {
        return finalize::prune_all(pass, &object);
    }
    if !has_finalizer(&object, FINALIZER) {
        pass.add_finalizer(FINALIZER)?;
        pass.status(|status| token::echo(&object, status))?;
        return Ok(Outcome::Again);
    }
    if flag(&object, "/spec/suspend") {
        // A suspended Kustomization keeps observedGeneration -1 (facts/lab.md, "Seen on it").
        pass.log("info", "Reconciliation is suspended for this object", &[]);
        pass.status(|status| token::echo(&object, status))?;
        return Ok(Outcome::Done);
    }
    let Some(source) = source(pass, &object) else {
        let reference = format!("{}/{}", text(&object, "/spec/sourceRef/kind"), source_path(&object));
        let message = format!("Source '{reference}' not found");
        return not_ready(pass, &object, "ArtifactFailed", &message, retry_interval(&object));
    };
    let requeue = pass.process().args.requeue_dependency;
    let Some(url) = some_text(&source, "/status/artifact/url") else {
        let message = format!("Source artifact not found, retrying in {}s", requeue.as_secs());
        return not_ready(pass, &object, "ArtifactFailed", &message, requeue);
    };
    if let Some(message) = depend::unmet(pass, &object, &source) {
        return not_ready(pass, &object, "DependencyNotReady", &message, requeue);
    }
    let revision = text(&source, "/status/artifact/revision").to_owned();
    let (now, observed) = (pass.now(), generation(&object));
    let message =
        format!("Fetching manifests for revision {revision} with a timeout of {}s", timeout(&object).as_secs());
    pass.status(|status| {
        conditions::set(status, now, observed, "Ready", ["Unknown", "Progressing", "Reconciliation in progress"]);
        conditions::set(status, now, observed, "Reconciling", ["True", "Progressing", &message]);
    })?;
    let step = Step::Download { url: url.to_owned(), revision, tries: 0 };
    let time = pass.between(60, 220);
    Ok(Outcome::Busy(time, crate::controllers::Step::Kustomize(step)))
}

/// The source that a Kustomization names.
fn source(pass: &Pass<'_>, object: &Value) -> Option<std::sync::Arc<Value>> {
    let gr = kinds::source(text(object, "/spec/sourceRef/kind"))?;
    let namespace = some_text(object, "/spec/sourceRef/namespace").or(pass.key.namespace.as_deref());
    pass.get(&Key::of(&gr, namespace, text(object, "/spec/sourceRef/name")))
}

fn source_path(object: &Value) -> String {
    let namespace = some_text(object, "/spec/sourceRef/namespace").unwrap_or(text(object, "/metadata/namespace"));
    format!("{namespace}/{}", text(object, "/spec/sourceRef/name"))
}

/// Ends a pass without success: `observedGeneration` stays where it was.
pub(super) fn not_ready(
    pass: &mut Pass<'_>,
    object: &Value,
    reason: &str,
    message: &str,
    again: SignedDuration,
) -> Passed {
    let (now, observed) = (pass.now(), generation(object));
    pass.log("info", message, &[]);
    pass.status(|status| {
        conditions::set(status, now, observed, "Ready", ["False", reason, message]);
        if let Some(reconciling) =
            status["conditions"].as_array().and_then(|all| all.iter().find(|c| c["type"] == "Reconciling"))
        {
            let message = reconciling["message"].as_str().unwrap_or_default().to_owned();
            conditions::set(status, now, observed, "Reconciling", ["True", "ProgressingWithRetry", &message]);
        }
        token::echo(object, status);
    })?;
    Ok(Outcome::After(again))
}

/// Ends a pass with success.
pub(super) fn ready(pass: &mut Pass<'_>, object: &Value, revision: &str) -> Passed {
    let (now, observed) = (pass.now(), generation(object));
    let message = format!("Applied revision: {revision}");
    pass.log("info", "Reconciliation finished", &[("revision", revision)]);
    pass.status(|status| {
        conditions::remove(status, "Reconciling");
        conditions::remove(status, "Healthy");
        conditions::set(status, now, observed, "Ready", ["True", "ReconciliationSucceeded", &message]);
        status["observedGeneration"] = json!(observed);
        status["lastAppliedRevision"] = json!(revision);
        token::echo(object, status);
    })?;
    let interval = some_text(object, "/spec/interval").and_then(duration).unwrap_or(SignedDuration::from_mins(10));
    Ok(Outcome::After(pass.jittered(interval)))
}

/// `spec.retryInterval`, else `spec.interval`.
pub(super) fn retry_interval(object: &Value) -> SignedDuration {
    let own =
        ["/spec/retryInterval", "/spec/interval"].into_iter().find_map(|p| some_text(object, p).and_then(duration));
    own.unwrap_or(SignedDuration::from_mins(10))
}

/// `spec.timeout`, else the interval less 30 s.
pub(super) fn timeout(object: &Value) -> SignedDuration {
    if let Some(own) = some_text(object, "/spec/timeout").and_then(duration) {
        return own;
    }
    let interval = some_text(object, "/spec/interval").and_then(duration).unwrap_or(SignedDuration::from_mins(10));
    (interval - SignedDuration::from_secs(30)).max(SignedDuration::from_secs(30))
}

/// Until when a pass that began now may wait.
pub(super) fn limit(pass: &Pass<'_>, object: &Value) -> Timestamp {
    pass.now().saturating_add(timeout(object)).unwrap_or(Timestamp::MAX)
}
