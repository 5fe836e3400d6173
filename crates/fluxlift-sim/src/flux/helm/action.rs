//! Helm actions: one worker is busy while an install or an upgrade runs, and `observedGeneration` moves only at its end.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::release::{self, Place};
use super::{Step, prepare, secret, values};
use crate::controllers::object::{annotation, flag, generation, is_deleting, number, some_text, text};
use crate::controllers::{Outcome, Pass, Passed, conditions};
use crate::flux::kinds::{FORCE_AT, REQUESTED_AT, RESET_AT};
use crate::flux::token;
use crate::kube::{GroupResource, Key};

/// What Helm is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// The first revision.
    Install,
    /// A further revision.
    Upgrade,
}

impl Action {
    const fn name(self) -> &'static str {
        match self {
            Self::Install => "install",
            Self::Upgrade => "upgrade",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Install => "Install",
            Self::Upgrade => "Upgrade",
        }
    }

    /// Where the failures of this action are counted.
    const fn failures(self) -> &'static str {
        match self {
            Self::Install => "installFailures",
            Self::Upgrade => "upgradeFailures",
        }
    }
}

/// Decides what a release needs, and begins it.
pub(super) fn begin(pass: &mut Pass<'_>, object: &Value, chart: String, version: String, source: &str) -> Passed {
    let config = values::resolve(pass, object).unwrap_or_default();
    let held = &object["status"]["history"][0];
    let current = text(held, "/chartVersion") == version && text(held, "/configDigest") == config;
    let deployed = text(held, "/status") == "deployed";
    let (forced, reset) =
        (wants(object, FORCE_AT, "lastHandledForceAt"), wants(object, RESET_AT, "lastHandledResetAt"));
    pass.status(|status| {
        consume_tokens(object, status);
        let changed = status["lastAttemptedConfigDigest"] != config.as_str()
            || status["lastAttemptedRevision"] != version.as_str()
            || status["lastAttemptedGeneration"] != generation(object);
        if let (true, Some(status)) = (reset || changed, status.as_object_mut()) {
            for counter in ["failures", "installFailures", "upgradeFailures"] {
                status.remove(counter);
            }
        }
        status["lastAttemptedGeneration"] = json!(generation(object));
        status["lastAttemptedRevision"] = json!(version);
        status["lastAttemptedConfigDigest"] = json!(config);
        status["storageNamespace"] = json!(Place::of(object).storage);
        // Only a source from an OCI registry has a digest in its revision.
        if let Some((_, digest)) = source.split_once('@') {
            status["lastAttemptedRevisionDigest"] = json!(digest);
        }
    })?;
    if deployed && current && !forced {
        return release::succeed(pass, object, &release::words(object, held));
    }
    let action = if deployed { Action::Upgrade } else { Action::Install };
    let object = pass.object().unwrap_or_default();
    let failures = number(&object, &format!("/status/{}", action.failures())).unwrap_or(0);
    if failures > retries(&object, action) && !forced {
        return exhausted(pass, &object, action, failures);
    }
    let (now, observed) = (pass.now(), generation(&object));
    let timeout = some_text(&object, "/spec/timeout").unwrap_or("5m0s");
    let message = format!("Running '{}' action with timeout of {timeout}", action.name());
    pass.log("info", &message, &[]);
    pass.status(|status| {
        conditions::remove(status, "Stalled");
        conditions::set(status, now, observed, "Reconciling", ["True", "Progressing", &message]);
        conditions::set(status, now, observed, "Ready", ["Unknown", "Progressing", &message]);
        status["lastAttemptedReleaseAction"] = json!(action.name());
        token::echo(&object, status);
    })?;
    let time = pass.between(800, 2_200);
    Ok(Outcome::Busy(time, crate::controllers::Step::Helm(Step::Action { action, chart, version })))
}

/// A Helm action has come to its end.
pub(super) fn end(pass: &mut Pass<'_>, object: &Value, action: Action, chart: &str, version: &str) -> Passed {
    if is_deleting(object) {
        return Ok(Outcome::Again);
    }
    let place = Place::of(object);
    let target = Key::cluster(&GroupResource::NAMESPACES, &place.target);
    if pass.get(&target).is_none() {
        if !flag(object, "/spec/install/createNamespace") {
            let why = format!("create: failed to create: namespaces {:?} not found", place.target);
            return fail(pass, object, action, chart, version, &why);
        }
        pass.create(
            &GroupResource::NAMESPACES,
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": place.target}}),
        )?;
    }
    let key = pass.key.clone();
    if pass.world.flux.faults.fails_release(&key) {
        return fail(pass, object, action, chart, version, "context deadline exceeded");
    }
    let revision = number(object, "/status/history/0/version").unwrap_or(0) + 1;
    let config = text(object, "/status/lastAttemptedConfigDigest").to_owned();
    let snapshot = release::snapshot(&place, revision, chart, version, &config, pass.now(), object);
    secret::write(pass, &place, revision, chart, version)?;
    let message = format!(
        "Helm {} succeeded for release {}/{}.v{revision} with chart {chart}@{version}",
        action.name(),
        place.target,
        place.name
    );
    let (now, observed) = (pass.now(), generation(object));
    let reason = format!("{}Succeeded", action.title());
    pass.status(|status| {
        let mut history = vec![snapshot];
        history.extend(status["history"].as_array().into_iter().flatten().take(4).cloned().map(superseded));
        status["history"] = json!(history);
        conditions::set(status, now, observed, "Released", ["True", &reason, &message]);
    })?;
    pass.log("info", &message, &[]);
    release::succeed(pass, object, &(reason, message))
}

fn superseded(mut snapshot: Value) -> Value {
    snapshot["status"] = json!("superseded");
    snapshot
}

fn fail(pass: &mut Pass<'_>, object: &Value, action: Action, chart: &str, version: &str, why: &str) -> Passed {
    let (now, observed) = (pass.now(), generation(object));
    let place = Place::of(object);
    let message = format!(
        "Helm {} failed for release {}/{} with chart {chart}@{version}: {why}",
        action.name(),
        place.target,
        place.name
    );
    let reason = format!("{}Failed", action.title());
    let counter = action.failures();
    let failures = number(object, &format!("/status/{counter}")).unwrap_or(0) + 1;
    let strategy = some_text(object, &format!("/spec/{}/strategy/name", action.name())).unwrap_or_default();
    pass.status(|status| {
        status["failures"] = json!(failures);
        status[counter] = json!(failures);
        conditions::set(status, now, observed, "Released", ["False", &reason, &message]);
        conditions::set(status, now, observed, "Ready", ["False", &reason, &message]);
        token::echo(object, status);
        if strategy == "RetryOnFailure" {
            // This strategy never ends: the generation counts as observed although it failed.
            status["observedGeneration"] = json!(observed);
        }
    })?;
    if strategy == "RetryOnFailure" {
        let pause = some_text(object, &format!("/spec/{}/strategy/retryInterval", action.name()));
        let pause = pause.and_then(crate::controllers::object::duration);
        return Ok(Outcome::After(pause.unwrap_or(jiff::SignedDuration::from_mins(5))));
    }
    if failures > retries(object, action) {
        let object = pass.object().unwrap_or_default();
        return exhausted(pass, &object, action, failures);
    }
    Ok(Outcome::Failed(message))
}

/// Retries are exhausted: Stalled, and the generation counts as observed.
fn exhausted(pass: &mut Pass<'_>, object: &Value, action: Action, failures: i64) -> Passed {
    let (now, observed) = (pass.now(), generation(object));
    let message = format!("Failed to {} after {failures} attempt(s)", action.name());
    let cause = conditions::get(object, "Released").and_then(|c| c["message"].as_str()).unwrap_or(&message).to_owned();
    pass.status(|status| {
        conditions::remove(status, "Reconciling");
        conditions::set(status, now, observed, "Ready", ["False", "RetriesExceeded", &cause]);
        conditions::set(status, now, observed, "Stalled", ["True", "RetriesExceeded", &message]);
        status["observedGeneration"] = json!(observed);
        token::echo(object, status);
    })?;
    Ok(Outcome::Terminal(format!("terminal error: exceeded maximum retries: {message}")))
}

/// How often a failed action is tried again; -1 is for ever.
fn retries(object: &Value, action: Action) -> i64 {
    match number(object, &format!("/spec/{}/remediation/retries", action.name())).unwrap_or(0) {
        -1 => i64::MAX,
        retries => retries,
    }
}

/// Whether `annotation` asks for something: only when it equals `requestedAt` and was not handled before.
fn wants(object: &Value, name: &str, handled: &str) -> bool {
    let token = annotation(object, name);
    token.is_some()
        && token == annotation(object, REQUESTED_AT)
        && some_text(object, &format!("/status/{handled}")) != token
}

/// Notes the force and reset tokens as handled, whether they acted or not (facts/flux.md section 4).
pub(super) fn consume_tokens(object: &Value, status: &mut Value) {
    for (name, handled) in [(FORCE_AT, "lastHandledForceAt"), (RESET_AT, "lastHandledResetAt")] {
        if let Some(token) = annotation(object, name) {
            status[handled] = json!(token);
        }
    }
}

/// The interval at which a release that is done is looked at again.
pub(super) fn interval(object: &Value) -> jiff::SignedDuration {
    prepare::interval(object)
}
