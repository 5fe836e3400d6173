//! The FluxInstance: built, applied in two stages, collected, and perhaps waited for.
//!
//! The controllers and the sync are in the same stage: **the operator does not order the controllers before the sync**.
//! Whoever wants that order adds `spec.sync` later.

use fluxlift_core::Timestamp;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{report, takeover, uninstall};
use crate::controllers::object::{annotation, duration, entries, generation, has_finalizer, is_deleting, text};
use crate::controllers::{Outcome, Pass, Passed, conditions};
use crate::flux::history::{self, Entry};
use crate::flux::kinds::OPERATOR_FINALIZER;
use crate::flux::manifests::{self, Build};
use crate::flux::{inventory, stages, token};
use crate::kube::Key;

/// The operator's polls are every 2 s for the first stage and every 5 s for health.
const STAGE_POLL: SignedDuration = SignedDuration::from_secs(2);
const HEALTH_POLL: SignedDuration = SignedDuration::from_secs(5);
/// How long the first stage may take.
const STAGE_LIMIT: SignedDuration = SignedDuration::from_secs(60);
/// Words of an instance that is being worked on.
const IN_PROGRESS: &str = "Reconciliation in progress";

/// Where a worker of flux-operator is with an instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Step {
    /// Waiting for definitions, namespaces and cluster roles.
    FirstStage {
        /// When the pass began.
        began: Timestamp,
        /// The generation that it is for.
        generation: i64,
    },
    /// Everything is applied; waiting for its health.
    Health {
        /// When the pass began.
        began: Timestamp,
        /// The generation that it is for.
        generation: i64,
        /// Until when to wait.
        until: Timestamp,
    },
    /// Taking everything away.
    Uninstall,
}

/// Begins a pass over the instance.
pub fn reconcile(pass: &mut Pass<'_>) -> Passed {
    let Some(instance) = pass.object() else { return Ok(Outcome::Done) };
    if is_deleting(&instance) {
        return uninstall::begin(pass, &instance);
    }
    let (now, observed) = (pass.now(), generation(&instance));
    if !has_finalizer(&instance, OPERATOR_FINALIZER) {
        // The echo comes with the finalizer pass: it proves the operator, not the apply.
        pass.status(|status| progressing(status, now, observed))?;
        pass.add_finalizer(OPERATOR_FINALIZER)?;
        pass.status(|status| token::echo(&instance, status))?;
        return Ok(Outcome::Again);
    }
    if annotation(&instance, "fluxcd.controlplane.io/reconcile") == Some("disabled") {
        pass.log("error", "Reconciliation is disabled", &[]);
        pass.status(|status| token::echo(&instance, status))?;
        return Ok(Outcome::Done);
    }
    pass.status(|status| progressing(status, now, observed))?;
    let build = match manifests::build(&instance) {
        Ok(build) => build,
        Err(error) => {
            let message = format!("build failed: {}", chain(&error));
            let digest = format!("sha256:{}", crate::controllers::digest(&instance["spec"].to_string()));
            pass.status(|status| {
                conditions::set(status, now, observed, "Ready", ["False", "BuildFailed", &message]);
                conditions::stalled(status, now, observed, "BuildFailed", &message);
                let entry = Entry { digest, outcome: "BuildFailed", metadata: Value::Null, began: now, ended: now };
                history::note(status, entry);
                token::echo(&instance, status);
            })?;
            return Ok(Outcome::Terminal(message));
        }
    };
    if text(&instance, "/status/lastAttemptedRevision") != build.revision {
        pass.log("info", &format!("Installing revision {}", build.revision), &[]);
        pass.status(|status| status["lastAttemptedRevision"] = json!(build.revision))?;
    }
    if let Err(status) = takeover::take_over(pass, build.objects.iter()) {
        return fail(pass, &instance, "ReconciliationFailed", &status.to_string());
    }
    if let Err(error) = stages::apply(pass, build.objects.iter().filter(|object| stages::is_first(object)), None) {
        return fail(pass, &instance, "ReconciliationFailed", &error.message());
    }
    let step = Step::FirstStage { began: now, generation: observed };
    Ok(Outcome::Busy(SignedDuration::from_millis(250), crate::controllers::Step::Operator(step)))
}

/// Goes on with a pass.
pub fn go_on(pass: &mut Pass<'_>, step: Step) -> Passed {
    let Some(instance) = pass.object() else { return Ok(Outcome::Done) };
    match step {
        Step::Uninstall => uninstall::go_on(pass),
        _ if is_deleting(&instance) => uninstall::begin(pass, &instance),
        Step::FirstStage { began, generation } => second_stage(pass, &instance, began, generation),
        Step::Health { began, generation, until } => wait(pass, &instance, began, generation, until),
    }
}

/// Once the first stage stands: applies all else, collects what is no longer part of it, and waits if asked to.
fn second_stage(pass: &mut Pass<'_>, instance: &Value, began: Timestamp, observed: i64) -> Passed {
    // What is applied is what the pass began with; a spec that changed meanwhile is queued already.
    let Ok(build) = manifests::build(instance) else { return Ok(Outcome::Again) };
    let first: Vec<Value> = build.objects.iter().filter(|object| stages::is_first(object)).cloned().collect();
    let keys: Vec<Key> = first.iter().filter_map(|object| pass.world.kube.api.key_of(object)).collect();
    if !stages::unhealthy(pass, &keys).is_empty() {
        if pass.now().duration_since(began) > STAGE_LIMIT {
            return fail(
                pass,
                instance,
                "ReconciliationFailed",
                "timeout waiting for: [CustomResourceDefinition status: 'InProgress']",
            );
        }
        let step = Step::FirstStage { began, generation: observed };
        return Ok(Outcome::Busy(STAGE_POLL, crate::controllers::Step::Operator(step)));
    }
    if let Err(error) = stages::apply(pass, build.objects.iter().filter(|object| !stages::is_first(object)), None) {
        return fail(pass, instance, "ReconciliationFailed", &error.message());
    }
    pass.log("info", "Server-side apply completed", &[("revision", &build.revision)]);
    for key in inventory::stale(pass, &instance["status"], &build.objects) {
        collect(pass, &key);
    }
    let Build { objects, components, .. } = &build;
    let inventory = inventory::of(objects);
    let note = |status: &mut Value| {
        status["inventory"] = inventory;
        status["components"] = json!(components);
    };
    if instance.pointer("/spec/wait").and_then(Value::as_bool) == Some(false) {
        return succeed(pass, instance, began, note);
    }
    pass.status(note)?;
    let limit = annotation(instance, "fluxcd.controlplane.io/reconcileTimeout").and_then(duration);
    let until = pass.now().saturating_add(limit.unwrap_or(SignedDuration::from_mins(5))).unwrap_or(Timestamp::MAX);
    // What is waited for is the inventory that was written just now.
    let Some(noted) = pass.object() else { return Ok(Outcome::Done) };
    wait(pass, &noted, began, observed, until)
}

/// Deletes what the instance no longer stands for, unless it is exempt.
fn collect(pass: &mut Pass<'_>, key: &Key) {
    let Some(object) = pass.get(key) else { return };
    let owned = entries(&object, "/metadata/labels").any(|(label, _)| label == "fluxcd.controlplane.io/name");
    let exempt = annotation(&object, "fluxcd.controlplane.io/prune") == Some("disabled");
    if owned && !exempt {
        // Somebody may have deleted it a moment ago.
        let _ = pass.delete(key);
        pass.log("info", "Garbage collection completed", &[("object", &key.to_string())]);
    }
}

fn wait(pass: &mut Pass<'_>, instance: &Value, began: Timestamp, observed: i64, until: Timestamp) -> Passed {
    if generation(instance) != observed && cancels_waits(&pass.process().version) {
        let message = "New reconciliation triggered by a change of the spec";
        let (now, observed) = (pass.now(), generation(instance));
        pass.status(|status| {
            conditions::set(status, now, observed, "Ready", ["False", "HealthCheckCanceled", message]);
        })?;
        return Ok(Outcome::Again);
    }
    let Some(entries) = instance.pointer("/status/inventory/entries").and_then(Value::as_array) else {
        return Ok(Outcome::Again);
    };
    let keys: Vec<Key> = entries.iter().filter_map(|entry| inventory::key(pass, entry)).collect();
    let waiting = stages::unhealthy(pass, &keys);
    if waiting.is_empty() {
        pass.log("info", "Health check completed", &[]);
        return succeed(pass, instance, began, |_| {});
    }
    if pass.now() >= until {
        let list: Vec<String> = waiting.iter().map(|key| format!("{key} status: 'InProgress'")).collect();
        return fail(pass, instance, "ReconciliationFailed", &format!("timeout waiting for: [{}]", list.join(", ")));
    }
    let step = Step::Health { began, generation: observed, until };
    Ok(Outcome::Busy(HEALTH_POLL, crate::controllers::Step::Operator(step)))
}

/// From operator 0.39 on a spec change cancels a running health wait at once.
fn cancels_waits(version: &str) -> bool {
    let mut parts = version.trim_start_matches('v').split('.').map(|part| part.parse::<u64>().unwrap_or(0));
    let (major, minor) = (parts.next().unwrap_or(0), parts.next().unwrap_or(u64::MAX));
    major > 0 || minor >= 39
}

fn succeed(pass: &mut Pass<'_>, instance: &Value, began: Timestamp, note: impl FnOnce(&mut Value)) -> Passed {
    let (now, observed) = (pass.now(), generation(instance));
    let took = now.duration_since(began);
    let message = format!("Reconciliation finished in {}ms", took.as_millis());
    let revision = pass.object().map(|now| text(&now, "/status/lastAttemptedRevision").to_owned()).unwrap_or_default();
    pass.log("info", &message, &[("revision", &revision)]);
    pass.status(|status| {
        note(status);
        conditions::remove(status, "Reconciling");
        conditions::remove(status, "Stalled");
        conditions::set(status, now, observed, "Ready", ["True", "ReconciliationSucceeded", &message]);
        status["lastAppliedRevision"] = json!(revision);
        let (version, digest) = revision.split_once('@').unwrap_or((&revision, ""));
        let (metadata, outcome) = (json!({"flux": version}), "ReconciliationSucceeded");
        history::note(status, Entry { digest: digest.to_owned(), outcome, metadata, began, ended: now });
        token::echo(instance, status);
    })?;
    report::request(pass);
    let every = annotation(instance, "fluxcd.controlplane.io/reconcileEvery").and_then(duration);
    let every = match every {
        Some(every) => every,
        None if text(instance, "/spec/distribution/artifact").is_empty() => SignedDuration::from_hours(1),
        None => SignedDuration::from_mins(10),
    };
    Ok(Outcome::After(pass.jittered(every)))
}

fn fail(pass: &mut Pass<'_>, instance: &Value, reason: &str, message: &str) -> Passed {
    let (now, observed) = (pass.now(), generation(instance));
    let message = format!("reconciliation failed: {message}");
    pass.status(|status| {
        conditions::set(status, now, observed, "Ready", ["False", reason, &message]);
        conditions::set(status, now, observed, "Reconciling", ["True", "ProgressingWithRetry", IN_PROGRESS]);
        token::echo(instance, status);
    })?;
    report::request(pass);
    Ok(Outcome::Failed(message))
}

fn progressing(status: &mut Value, now: Timestamp, observed: i64) {
    conditions::set(status, now, observed, "Ready", ["Unknown", "Progressing", IN_PROGRESS]);
    conditions::reconciling(status, now, observed, "Progressing", IN_PROGRESS);
}

/// An error with all that caused it, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        line = format!("{line}: {cause}");
        source = cause.source();
    }
    line
}
