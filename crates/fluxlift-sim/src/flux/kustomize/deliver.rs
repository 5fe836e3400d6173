//! The middle and the end of a pass: download, build, apply in two stages, prune, wait.

use fluxlift_core::Timestamp;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::build;
use super::finalize::prune;
use super::prepare::{end_badly, limit, not_ready, ready, retry_interval, stage};
use super::{Step, substitute};
use crate::controllers::object::{entries, flag, generation, is_deleting, items, some_text, text};
use crate::controllers::{Outcome, Pass, Passed, conditions};
use crate::flux::download::{self, Download};
use crate::flux::history::{self, Entry};
use crate::flux::storage::{self, Stored};
use crate::flux::{inventory, patches, stages};
use crate::kube::{GroupResource, Key, Status};

/// kustomize-controller polls health every 5 s, and its first stage every 2 s.
const HEALTH_POLL: SignedDuration = SignedDuration::from_secs(5);
const STAGE_POLL: SignedDuration = SignedDuration::from_secs(2);

/// What a pass works on.
struct Work {
    url: String,
    revision: String,
    began: Timestamp,
}

/// Goes on with a pass.
pub fn go_on(pass: &mut Pass<'_>, step: Step) -> Passed {
    let Some(object) = pass.object() else { return Ok(Outcome::Done) };
    if is_deleting(&object) || flag(&object, "/spec/suspend") {
        return Ok(Outcome::Again);
    }
    match step {
        Step::Download { url, revision, tries, began } => fetch(pass, &object, Work { url, revision, began }, tries),
        Step::FirstStage { url, revision, began, until } => match storage::fetch(pass.world, &url) {
            storage::Answer::Found(stored) => apply(pass, &object, &stored, Work { url, revision, began }, Some(until)),
            _ => Ok(Outcome::Again),
        },
        Step::Health { revision, digest, objects, began, since, until } => {
            wait(pass, &object, Applied { revision, digest, began }, objects, since, until)
        }
    }
}

fn fetch(pass: &mut Pass<'_>, object: &Value, work: Work, tries: u32) -> Passed {
    match download::attempt(pass, &work.url, tries) {
        Download::Done(stored) => apply(pass, object, &stored, work, None),
        Download::Later(pause) => {
            let Work { url, revision, began } = work;
            let step = Step::Download { url, revision, tries: tries + 1, began };
            Ok(Outcome::Busy(pause, crate::controllers::Step::Kustomize(step)))
        }
        Download::NotFound => {
            // What the path canary looks for.
            let requeue = pass.process().args.requeue_dependency;
            let message = format!("Source is not ready, artifact not found, retrying in {}s", requeue.as_secs());
            not_ready(pass, object, "ArtifactFailed", &message, requeue)
        }
        Download::Broken(error) => {
            let again = retry_interval(object);
            not_ready(pass, object, "ArtifactFailed", &format!("failed to download archive: {error}"), again)
        }
    }
}

/// Says how far the pass has come.
fn tell(
    pass: &mut Pass<'_>,
    object: &Value,
    what: &str,
    revision: &str,
    note: impl FnOnce(&mut Value),
) -> Result<(), Status> {
    let (now, observed) = (pass.now(), generation(object));
    let message = stage(what, object, revision);
    pass.status(|status| {
        note(status);
        conditions::reconciling(status, now, observed, "Progressing", &message);
    })
}

/// Builds and applies; with `until`, the first stage was applied before and is awaited until then.
fn apply(pass: &mut Pass<'_>, object: &Value, stored: &Stored, work: Work, until: Option<Timestamp>) -> Passed {
    let again = retry_interval(object);
    let Work { url, revision, began } = work;
    let built = built(pass, object, stored);
    // A path that is not there is found out before anything is built.
    if until.is_none() && !matches!(built, Err(("ArtifactFailed", _))) {
        tell(pass, object, "Building manifests", &revision, |status| {
            status["lastAttemptedRevision"] = json!(revision);
        })?;
    }
    let objects = match built {
        Ok(objects) => objects,
        Err((reason, message)) => return not_ready(pass, object, reason, &message, again),
    };
    let digest = format!("sha256:{}", crate::controllers::digest(&json!(objects).to_string()));
    let applied = Applied { revision, digest, began };
    let (first, rest): (Vec<Value>, Vec<Value>) = objects.iter().cloned().partition(stages::is_first);
    let ignored = Some("kustomize.toolkit.fluxcd.io/ssa");
    if until.is_none() {
        tell(pass, object, "Detecting drift", &applied.revision, |_| {})?;
        if let Err(error) = stages::apply(pass, first.iter(), ignored) {
            return failed(pass, object, &applied, "ReconciliationFailed", &error.message());
        }
    }
    let keys: Vec<Key> = first.iter().filter_map(|object| pass.world.kube.api.key_of(object)).collect();
    if !stages::unhealthy(pass, &keys).is_empty() {
        let until = until.unwrap_or_else(|| limit(pass, object));
        if pass.now() >= until {
            return failed(pass, object, &applied, "ReconciliationFailed", "timeout waiting for the first stage");
        }
        let step = Step::FirstStage { url, revision: applied.revision, began, until };
        return Ok(Outcome::Busy(STAGE_POLL, crate::controllers::Step::Kustomize(step)));
    }
    let mut there = keys;
    match stages::apply(pass, rest.iter(), ignored) {
        Ok(keys) => there.extend(keys),
        Err(error) => return failed(pass, object, &applied, "ReconciliationFailed", &error.message()),
    }
    if flag(object, "/spec/prune") {
        for key in inventory::stale(pass, &object["status"], &objects) {
            prune(pass, &key);
        }
    }
    let inventory = inventory::of(&objects);
    let watched = watched(pass, object, there);
    let now = pass.now();
    if watched.is_empty() {
        return ready(pass, object, &applied.revision, |status| {
            conditions::remove(status, "Healthy");
            status["inventory"] = inventory;
            applied.note(status, "ReconciliationSucceeded", now);
        });
    }
    let (observed, until) = (generation(object), limit(pass, object));
    let message = stage("Running health checks", object, &applied.revision);
    tell(pass, object, "Running health checks", &applied.revision, |status| {
        status["inventory"] = inventory;
        conditions::set(status, now, observed, "Healthy", ["Unknown", "Progressing", &message]);
    })?;
    wait(pass, object, applied, watched, now, until)
}

/// What a pass has applied, or tried to.
struct Applied {
    revision: String,
    digest: String,
    began: Timestamp,
}

impl Applied {
    /// Notes how it ended.
    fn note(&self, status: &mut Value, outcome: &str, ended: Timestamp) {
        let metadata = json!({"revision": self.revision});
        let entry = Entry { digest: self.digest.clone(), outcome, metadata, began: self.began, ended };
        history::note(status, entry);
    }
}

/// Ends a pass that could not apply what it had built, or whose objects did not become healthy.
fn failed(pass: &mut Pass<'_>, object: &Value, applied: &Applied, reason: &str, message: &str) -> Passed {
    end_badly(pass, object, reason, message, retry_interval(object), |status, now| applied.note(status, reason, now))
}

/// The objects of the build, or reason and message of what went wrong.
fn built(pass: &Pass<'_>, object: &Value, stored: &Stored) -> Result<Vec<Value>, (&'static str, String)> {
    let none = || ("ArtifactFailed", "the artifact holds no files that this simulation knows".to_owned());
    let files = storage::files(pass.world, stored).ok_or_else(none)?;
    let mut objects = build::folder(&files, text(object, "/spec/path")).map_err(|error| match error {
        build::BuildError::NoSuchPath { .. } => ("ArtifactFailed", error.to_string()),
        _ => ("BuildFailed", error.to_string()),
    })?;
    decrypt(pass, object, &mut objects)?;
    patches::apply(items(object, "/spec/patches"), &mut objects).map_err(|e| ("BuildFailed", e.to_string()))?;
    if let Some(namespace) = some_text(object, "/spec/targetNamespace") {
        build::put_into(&mut objects, namespace);
    }
    substitute::substitute(pass, object, &mut objects).map_err(|message| ("BuildFailed", message))?;
    for field in ["labels", "annotations"] {
        let pointer = format!("/spec/commonMetadata/{field}");
        build::annotate(&mut objects, field, entries(object, &pointer));
    }
    for built in &mut objects {
        built["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/name"] = json!(pass.key.name);
        built["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/namespace"] = json!(pass.key.namespace);
    }
    Ok(objects)
}

/// Decryption needs the Secret that `spec.decryption` names. Without `spec.decryption` an encrypted object goes to the API
/// as it is. What was encrypted stays unread here: this model has no use for the values, and drops SOPS's own block.
fn decrypt(pass: &Pass<'_>, object: &Value, objects: &mut [Value]) -> Result<(), (&'static str, String)> {
    if !object["spec"]["decryption"].is_object() {
        return Ok(());
    }
    let secret = some_text(object, "/spec/decryption/secretRef/name");
    let found =
        secret.and_then(|name| pass.get(&Key::of(&GroupResource::SECRETS, pass.key.namespace.as_deref(), name)));
    if let (Some(name), None) = (secret, &found) {
        let message = format!(
            "cannot get '{}/{name}' Secret for decryption: secrets {name:?} not found",
            pass.key.namespace.as_deref().unwrap_or_default()
        );
        return Err(("BuildFailed", message));
    }
    let has_key = found.is_some_and(|secret| entries(&secret, "/data").any(|(name, _)| name.ends_with(".agekey")));
    for encrypted in objects.iter_mut().filter(|object| build::is_encrypted(object)) {
        if !has_key {
            let what = format!("{}/{}", text(encrypted, "/kind"), text(encrypted, "/metadata/name"));
            let message = format!(
                "decryption failed for '{what}': cannot get sops data key: failed to decrypt with any of the keys"
            );
            return Err(("BuildFailed", message));
        }
        if let Some(map) = encrypted.as_object_mut() {
            map.remove("sops");
        }
    }
    Ok(())
}

/// What to wait for: everything with `wait`, else what `healthChecks` lists.
fn watched(pass: &Pass<'_>, object: &Value, applied: Vec<Key>) -> Vec<Key> {
    if flag(object, "/spec/wait") {
        return applied;
    }
    let listed = items(object, "/spec/healthChecks").filter_map(|check| {
        pass.world.kube.api.key_of(&json!({"apiVersion": check["apiVersion"], "kind": check["kind"],
            "metadata": {"name": check["name"], "namespace": check["namespace"]}}))
    });
    listed.collect()
}

fn wait(
    pass: &mut Pass<'_>,
    object: &Value,
    applied: Applied,
    objects: Vec<Key>,
    since: Timestamp,
    until: Timestamp,
) -> Passed {
    let waiting = stages::unhealthy(pass, &objects);
    let (now, observed) = (pass.now(), generation(object));
    let took = history::measured(now.duration_since(since));
    if waiting.is_empty() {
        let message = format!("Health check passed in {took}");
        pass.status(|status| conditions::set(status, now, observed, "Healthy", ["True", "Succeeded", &message]))?;
        let note = |status: &mut Value| applied.note(status, "ReconciliationSucceeded", now);
        return ready(pass, object, &applied.revision, note);
    }
    if now >= until {
        let list: Vec<String> = waiting.iter().map(|key| unhealthy(pass, key)).collect();
        let why = format!("timeout waiting for: [{}]", list.join(", "));
        let message = format!("health check failed after {took}: {why}");
        return end_badly(pass, object, "HealthCheckFailed", &message, retry_interval(object), |status, now| {
            conditions::set(status, now, observed, "Healthy", ["False", "HealthCheckFailed", &why]);
            applied.note(status, "HealthCheckFailed", now);
        });
    }
    let pause = HEALTH_POLL.min(until.duration_since(now));
    let Applied { revision, digest, began } = applied;
    let step = Step::Health { revision, digest, objects, began, since, until };
    Ok(Outcome::Busy(pause, crate::controllers::Step::Kustomize(step)))
}

/// An object that did not become healthy, as the health check names it.
fn unhealthy(pass: &Pass<'_>, key: &Key) -> String {
    let kind =
        pass.world.kube.api.kind(&key.gr).map_or_else(|| key.gr.resource.to_string(), |kind| kind.kind.to_string());
    let status = if pass.get(key).is_some() { "InProgress" } else { "NotFound" };
    format!("{kind}/{} status: '{status}'", crate::controllers::object::path(key))
}
