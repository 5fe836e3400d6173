//! The middle and the end of a pass: download, build, apply in two stages, prune, wait.

use fluxlift_core::Timestamp;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::build;
use super::finalize::prune;
use super::prepare::{limit, not_ready, ready, retry_interval};
use super::{Step, substitute};
use crate::controllers::object::{entries, flag, generation, is_deleting, items, some_text, text};
use crate::controllers::{Outcome, Pass, Passed, conditions};
use crate::flux::download::{self, Download};
use crate::flux::storage::{self, Stored};
use crate::flux::{inventory, patches, stages};
use crate::kube::{GroupResource, Key};

/// kustomize-controller polls health every 5 s, and its first stage every 2 s.
const HEALTH_POLL: SignedDuration = SignedDuration::from_secs(5);
const STAGE_POLL: SignedDuration = SignedDuration::from_secs(2);

/// Goes on with a pass.
pub fn go_on(pass: &mut Pass<'_>, step: Step) -> Passed {
    let Some(object) = pass.object() else { return Ok(Outcome::Done) };
    if is_deleting(&object) || flag(&object, "/spec/suspend") {
        return Ok(Outcome::Again);
    }
    match step {
        Step::Download { url, revision, tries } => fetch(pass, &object, url, revision, tries),
        Step::FirstStage { url, revision, until } => match storage::fetch(pass.world, &url) {
            storage::Answer::Found(stored) => apply(pass, &object, &stored, url, revision, Some(until)),
            _ => Ok(Outcome::Again),
        },
        Step::Health { revision, objects, until } => wait(pass, &object, revision, objects, until),
    }
}

fn fetch(pass: &mut Pass<'_>, object: &Value, url: String, revision: String, tries: u32) -> Passed {
    match download::attempt(pass, &url, tries) {
        Download::Done(stored) => apply(pass, object, &stored, url, revision, None),
        Download::Later(pause) => {
            let step = Step::Download { url, revision, tries: tries + 1 };
            Ok(Outcome::Busy(pause, crate::controllers::Step::Kustomize(step)))
        }
        Download::NotFound => {
            // What the path canary looks for (facts/flux.md section 2).
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

/// Builds and applies; with `until`, the first stage was applied before and is awaited until then.
fn apply(
    pass: &mut Pass<'_>,
    object: &Value,
    stored: &Stored,
    url: String,
    revision: String,
    until: Option<Timestamp>,
) -> Passed {
    let again = retry_interval(object);
    let objects = match built(pass, object, stored) {
        Ok(objects) => objects,
        Err((reason, message)) => return not_ready(pass, object, reason, &message, again),
    };
    pass.status(|status| status["lastAttemptedRevision"] = json!(revision))?;
    let (first, rest): (Vec<Value>, Vec<Value>) = objects.iter().cloned().partition(stages::is_first);
    let ignored = Some("kustomize.toolkit.fluxcd.io/ssa");
    if until.is_none()
        && let Err(error) = stages::apply(pass, first.iter(), ignored)
    {
        return not_ready(pass, object, "ReconciliationFailed", &error.message(), again);
    }
    let keys: Vec<Key> = first.iter().filter_map(|object| pass.world.kube.api.key_of(object)).collect();
    if !stages::unhealthy(pass, &keys).is_empty() {
        let until = until.unwrap_or_else(|| limit(pass, object));
        if pass.now() >= until {
            return not_ready(pass, object, "ReconciliationFailed", "timeout waiting for the first stage", again);
        }
        let step = Step::FirstStage { url, revision, until };
        return Ok(Outcome::Busy(STAGE_POLL, crate::controllers::Step::Kustomize(step)));
    }
    let mut applied = keys;
    match stages::apply(pass, rest.iter(), ignored) {
        Ok(keys) => applied.extend(keys),
        Err(error) => return not_ready(pass, object, "ReconciliationFailed", &error.message(), again),
    }
    if flag(object, "/spec/prune") {
        for key in inventory::stale(pass, &object["status"], &objects) {
            prune(pass, &key);
        }
    }
    pass.status(|status| status["inventory"] = inventory::of(&objects))?;
    let watched = watched(pass, object, applied);
    if watched.is_empty() {
        return ready(pass, object, &revision);
    }
    let (now, observed, until) = (pass.now(), generation(object), limit(pass, object));
    pass.status(|status| {
        let message = "Running health checks";
        conditions::set(status, now, observed, "Reconciling", ["True", "Progressing", message]);
        conditions::set(status, now, observed, "Healthy", ["Unknown", "Progressing", message]);
    })?;
    wait(pass, object, revision, watched, until)
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

fn wait(pass: &mut Pass<'_>, object: &Value, revision: String, objects: Vec<Key>, until: Timestamp) -> Passed {
    let waiting = stages::unhealthy(pass, &objects);
    if waiting.is_empty() {
        return ready(pass, object, &revision);
    }
    if pass.now() >= until {
        let list: Vec<String> = waiting.iter().map(|key| format!("{key} status: 'InProgress'")).collect();
        let message = format!("health check failed: timeout waiting for: [{}]", list.join(", "));
        return not_ready(pass, object, "HealthCheckFailed", &message, retry_interval(object));
    }
    let step = Step::Health { revision, objects, until };
    Ok(Outcome::Busy(HEALTH_POLL, crate::controllers::Step::Kustomize(step)))
}
