//! Helm actions: one worker is busy while an install or an upgrade runs, and `observedGeneration` moves only at its end.

use fluxlift_core::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::release::{self, Place};
use super::{Step, prepare, remediation, secret, values};
use crate::controllers::object::{annotation, flag, generation, is_deleting, number, some_text, text};
use crate::controllers::{Outcome, Pass, Passed, conditions};
use crate::flux::kinds::{FORCE_AT, REQUESTED_AT, RESET_AT};
use crate::flux::{history, token};
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
    let (deployed, failed) = (text(held, "/status") == "deployed", text(held, "/status") == "failed");
    let (forced, reset) =
        (wants(object, FORCE_AT, "lastHandledForceAt"), wants(object, RESET_AT, "lastHandledResetAt"));
    let last = &object["status"];
    let reset = reset
        || last["lastAttemptedConfigDigest"] != config.as_str()
        || last["lastAttemptedRevision"] != version.as_str()
        || last["lastAttemptedGeneration"] != generation(object);
    let note = |status: &mut Value| {
        consume_tokens(object, status);
        if let (true, Some(status)) = (reset, status.as_object_mut()) {
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
    };
    if deployed && current && !forced {
        return release::succeed(pass, object, &release::words(object, held), note);
    }
    // What failed counts against the action that failed, whatever comes next.
    let action = if deployed || failed { Action::Upgrade } else { Action::Install };
    let counted = match text(object, "/status/lastAttemptedReleaseAction") {
        "install" if failed => Action::Install,
        _ => action,
    };
    let failures = number(object, &format!("/status/{}", counted.failures())).filter(|_| !reset).unwrap_or(0);
    if failures > retries(object, counted) && !forced {
        return exhausted(pass, object, counted, failures, note);
    }
    let (now, observed) = (pass.now(), generation(object));
    let timeout = some_text(object, "/spec/timeout").unwrap_or("5m0s");
    let message = format!("Running '{}' action with timeout of {timeout}", action.name());
    pass.log("info", &message, &[]);
    pass.status(|status| {
        note(status);
        conditions::reconciling(status, now, observed, "Progressing", &message);
        conditions::set(status, now, observed, "Ready", ["Unknown", "Progressing", &message]);
    })?;
    let time = pass.between(800, 2_200);
    let step = Step::Action { action, chart, version, began: now };
    Ok(Outcome::Busy(time, crate::controllers::Step::Helm(step)))
}

/// A Helm action has come to its end.
pub(super) fn end(
    pass: &mut Pass<'_>,
    object: &Value,
    action: Action,
    (chart, version): (&str, &str),
    began: Timestamp,
) -> Passed {
    if is_deleting(object) {
        return Ok(Outcome::Again);
    }
    let place = Place::of(object);
    let ended = Ended { action, chart, version, began };
    let target = Key::cluster(&GroupResource::NAMESPACES, &place.target);
    if pass.get(&target).is_none() {
        if !flag(object, "/spec/install/createNamespace") {
            let refused = format!("{}/{}", place.target, place.name);
            let why = format!(
                "server-side apply failed for object {refused} /v1, Kind=ConfigMap: namespaces {:?} not found",
                place.target
            );
            return fail(pass, object, &ended, &why);
        }
        pass.create(
            &GroupResource::NAMESPACES,
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": place.target}}),
        )?;
    }
    let key = pass.key.clone();
    if let Some(why) = unbuildable(pass, &key) {
        return fail_before_it_is_stored(pass, object, &ended, &why);
    }
    if pass.world.flux.faults.fails_release(&key) {
        return fail(pass, object, &ended, "context deadline exceeded");
    }
    let (now, observed) = (pass.now(), generation(object));
    let revision = number(object, "/status/history/0/version").unwrap_or(0) + 1;
    let snapshot = release::snapshot(&place, (action.name(), "deployed"), revision, (chart, version), now, object);
    secret::write(pass, &place, revision, chart, version)?;
    let message = format!(
        "Helm {} succeeded for release {}/{}.v{revision} with chart {chart}@{version}",
        action.name(),
        place.target,
        place.name
    );
    let reason = format!("{}Succeeded", action.title());
    // Ready is True before the generation counts as observed: two writes.
    pass.status(|status| {
        let mut history = vec![snapshot];
        if action == Action::Upgrade {
            history.extend(status["history"].as_array().into_iter().flatten().take(4).cloned().map(superseded));
        }
        status["history"] = json!(history);
        ended.note(status, now);
        conditions::remove(status, "Remediated");
        conditions::set(status, now, observed, "Released", ["True", &reason, &message]);
        conditions::set(status, now, observed, "Ready", ["True", &reason, &message]);
    })?;
    pass.log("info", &message, &[]);
    release::succeed(pass, object, &(reason, message), |_| {})
}

/// An action that has come to its end.
struct Ended<'a> {
    action: Action,
    chart: &'a str,
    version: &'a str,
    began: Timestamp,
}

impl Ended<'_> {
    /// What is said of its failure.
    fn failed(&self, Place { target, name, .. }: &Place, why: &str) -> String {
        let (action, chart, version) = (self.action.name(), self.chart, self.version);
        format!("Helm {action} failed for release {target}/{name} with chart {chart}@{version}: {why}")
    }

    /// Notes which it was, and how long it took.
    fn note(&self, status: &mut Value, now: Timestamp) {
        status["lastAttemptedReleaseAction"] = json!(self.action.name());
        status["lastAttemptedReleaseActionDuration"] = json!(history::measured(now.duration_since(self.began)));
    }
}

fn superseded(mut snapshot: Value) -> Value {
    snapshot["status"] = json!("superseded");
    // It is read from Helm's storage anew, which does not know what brought it.
    if let Some(snapshot) = snapshot.as_object_mut() {
        snapshot.remove("action");
    }
    snapshot
}

/// Why Helm can't tell what an object of the chart is: the cluster does not serve its kind.
fn unbuildable(pass: &Pass<'_>, release: &Key) -> Option<String> {
    let title = format!("{}/{}", release.namespace.as_deref().unwrap_or_default(), release.name);
    let (group, kind) = pass.world.options.needs.get(&title)?.split_once('/')?;
    let served = pass.world.kube.api.kinds().any(|known| known.kind == kind && known.gr.group == group);
    (!served).then(|| {
        format!(
            "unable to build kubernetes objects from release manifest: resource mapping not found for name: {:?} \
             namespace: {:?} from \"\": no matches for kind {kind:?} in version \"{group}/v1\" ensure CRDs are installed first",
            release.name,
            release.namespace.as_deref().unwrap_or_default()
        )
    })
}

/// Helm has kept nothing of this attempt: there is no revision that could be looked at, and none to remedy.
fn fail_before_it_is_stored(pass: &mut Pass<'_>, object: &Value, ended: &Ended<'_>, why: &str) -> Passed {
    let (now, observed, action) = (pass.now(), generation(object), ended.action);
    let message = ended.failed(&Place::of(object), why);
    let reason = format!("{}Failed", action.title());
    let failures = number(object, &format!("/status/{}", action.failures())).unwrap_or(0) + 1;
    pass.status(|status| {
        ended.note(status, now);
        status["failures"] = json!(status["failures"].as_i64().unwrap_or(0) + 1);
        status[action.failures()] = json!(failures);
        conditions::set(status, now, observed, "Released", ["False", &reason, &message]);
        conditions::set(status, now, observed, "Ready", ["False", &reason, &message]);
    })?;
    if failures > retries(object, action) {
        return exhausted(pass, object, action, failures, |_| {});
    }
    pass.status(|status| token::echo(object, status))?;
    Ok(Outcome::Failed(message))
}

fn fail(pass: &mut Pass<'_>, object: &Value, ended: &Ended<'_>, why: &str) -> Passed {
    let (now, observed, action) = (pass.now(), generation(object), ended.action);
    let place = Place::of(object);
    let message = ended.failed(&place, why);
    let reason = format!("{}Failed", action.title());
    let counter = action.failures();
    let failures = number(object, &format!("/status/{counter}")).unwrap_or(0) + 1;
    let strategy = some_text(object, &format!("/spec/{}/strategy/name", action.name())).unwrap_or_default();
    let retries_for_ever = strategy == "RetryOnFailure";
    let revision = match action {
        Action::Install => 1,
        Action::Upgrade => number(object, "/status/history/0/version").unwrap_or(0) + 1,
    };
    let chart = (ended.chart, ended.version);
    let snapshot = release::snapshot(&place, (action.name(), "failed"), revision, chart, now, object);
    pass.status(|status| {
        let mut history = vec![snapshot];
        if action == Action::Upgrade {
            history.extend(status["history"].as_array().into_iter().flatten().take(4).cloned());
        }
        status["history"] = json!(history);
        ended.note(status, now);
        status["failures"] = json!(status["failures"].as_i64().unwrap_or(0) + 1);
        status[counter] = json!(failures);
        conditions::remove(status, "Remediated");
        conditions::set(status, now, observed, "Released", ["False", &reason, &message]);
        conditions::set(status, now, observed, "Ready", ["False", &reason, &message]);
        if retries_for_ever {
            // This strategy never ends: the generation counts as observed although it failed.
            status["observedGeneration"] = json!(observed);
            token::echo(object, status);
        }
    })?;
    if retries_for_ever {
        let pause = some_text(object, &format!("/spec/{}/strategy/retryInterval", action.name()));
        let pause = pause.and_then(crate::controllers::object::duration);
        return Ok(Outcome::After(pause.unwrap_or(jiff::SignedDuration::from_mins(5))));
    }
    if failures > retries(object, action) {
        return exhausted(pass, object, action, failures, |_| {});
    }
    if action == Action::Install {
        return remediation::begin(pass, object);
    }
    pass.status(|status| token::echo(object, status))?;
    Ok(Outcome::Failed(message))
}

/// Retries are exhausted: Stalled, and the generation counts as observed. Ready stays as the last failure left it.
fn exhausted(
    pass: &mut Pass<'_>,
    object: &Value,
    action: Action,
    failures: i64,
    note: impl FnOnce(&mut Value),
) -> Passed {
    let (now, observed) = (pass.now(), generation(object));
    let message = format!("Failed to {} after {failures} attempt(s)", action.name());
    pass.status(|status| {
        note(status);
        conditions::stalled(status, now, observed, "RetriesExceeded", &message);
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

/// Notes the force and reset tokens as handled, whether they acted or not.
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
