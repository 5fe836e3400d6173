//! The beginning of a pass: finalizer, suspend, source, dependencies.

use fluxlift_core::Timestamp;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Step, depend, finalize};
use crate::controllers::object::{duration, flag, generation, has_finalizer, is_deleting, some_text, text, written};
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
        // A suspended Kustomization keeps observedGeneration -1, unless it is Ready already.
        pass.log("info", "Reconciliation is suspended for this object", &[]);
        let ready = conditions::is_true(&object, "Ready");
        pass.status(|status| {
            if ready {
                conditions::remove(status, "Reconciling");
                status["observedGeneration"] = json!(generation(&object));
            }
            token::echo(&object, status);
        })?;
        return Ok(Outcome::Done);
    }
    let Some(source) = source(pass, &object) else {
        let kind = text(&object, "/spec/sourceRef/kind");
        let message = source_key(pass, &object).map_or_else(
            || format!("Source '{kind}/{}' not found", source_path(&object)),
            |key| kinds::not_cached(kind, &key),
        );
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
    let message = stage("Fetching manifests", &object, &revision);
    pass.status(|status| {
        conditions::set(status, now, observed, "Ready", ["Unknown", "Progressing", "Reconciliation in progress"]);
        conditions::reconciling(status, now, observed, "Progressing", &message);
    })?;
    let step = Step::Download { url: url.to_owned(), revision, tries: 0, began: now };
    let time = pass.between(60, 220);
    Ok(Outcome::Busy(time, crate::controllers::Step::Kustomize(step)))
}

/// The source that a Kustomization names.
fn source(pass: &Pass<'_>, object: &Value) -> Option<std::sync::Arc<Value>> {
    pass.get(&source_key(pass, object)?)
}

fn source_key(pass: &Pass<'_>, object: &Value) -> Option<Key> {
    let gr = kinds::source(text(object, "/spec/sourceRef/kind"))?;
    let namespace = some_text(object, "/spec/sourceRef/namespace").or(pass.key.namespace.as_deref());
    Some(Key::of(&gr, namespace, text(object, "/spec/sourceRef/name")))
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
    end_badly(pass, object, reason, message, again, |_, _| {})
}

/// The same, with what else the pass brought.
pub(super) fn end_badly(
    pass: &mut Pass<'_>,
    object: &Value,
    reason: &str,
    message: &str,
    again: SignedDuration,
    note: impl FnOnce(&mut Value, Timestamp),
) -> Passed {
    let (now, observed) = (pass.now(), generation(object));
    pass.log("info", message, &[]);
    pass.status(|status| {
        note(status, now);
        conditions::set(status, now, observed, "Ready", ["False", reason, message]);
        conditions::retrying(status);
        token::echo(object, status);
    })?;
    Ok(Outcome::After(again))
}

/// What a Kustomization says in each stage of a pass.
pub(super) fn stage(what: &str, object: &Value, revision: &str) -> String {
    format!("{what} for revision {revision} with a timeout of {}", written(timeout(object)))
}

/// Ends a pass with success; `note` is what else the pass brought.
pub(super) fn ready(pass: &mut Pass<'_>, object: &Value, revision: &str, note: impl FnOnce(&mut Value)) -> Passed {
    let (now, observed) = (pass.now(), generation(object));
    let message = format!("Applied revision: {revision}");
    pass.log("info", "Reconciliation finished", &[("revision", revision)]);
    pass.status(|status| {
        note(status);
        conditions::remove(status, "Reconciling");
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

/// `spec.timeout`, else the interval less 30 s; never less than 30 s.
pub(super) fn timeout(object: &Value) -> SignedDuration {
    let least = SignedDuration::from_secs(30);
    if let Some(own) = some_text(object, "/spec/timeout").and_then(duration) {
        return own.max(least);
    }
    let interval = some_text(object, "/spec/interval").and_then(duration).unwrap_or(SignedDuration::from_mins(10));
    (interval - least).max(least)
}

/// Until when a pass that began now may wait.
pub(super) fn limit(pass: &Pass<'_>, object: &Value) -> Timestamp {
    pass.now().saturating_add(timeout(object)).unwrap_or(Timestamp::MAX)
}
