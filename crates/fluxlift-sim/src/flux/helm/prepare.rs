//! A pass up to the Helm action, in helm-controller's order: finalizer, suspend, HelmChart, dependencies, source, values,
//! chart.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Step, action, chart, remediation, remove, values};
use crate::controllers::object::{
    duration, flag, generation, has_finalizer, is_deleting, items, number, path, some_text, text,
};
use crate::controllers::{Outcome, Pass, Passed, conditions};
use crate::flux::download::{self, Download};
use crate::flux::kinds::{self, FINALIZER, HELM_CHARTS, HELM_RELEASES};
use crate::flux::storage::Stored;
use crate::flux::token;
use crate::kube::Key;

/// Begins a pass over a release.
pub fn reconcile(pass: &mut Pass<'_>) -> Passed {
    let Some(release) = pass.object() else { return Ok(Outcome::Done) };
    if is_deleting(&release) {
        return remove::begin(pass, &release);
    }
    if !has_finalizer(&release, FINALIZER) {
        // The first pass: -1 stays, the token is echoed, and the object comes back after about 750 ms.
        pass.add_finalizer(FINALIZER)?;
        pass.status(|status| token::echo(&release, status))?;
        return Ok(Outcome::Again);
    }
    if flag(&release, "/spec/suspend") {
        // Suspended: -1 becomes the generation, and there are no conditions.
        pass.log("info", "reconciliation is suspended for this object", &[]);
        pass.status(|status| {
            status["observedGeneration"] = json!(generation(&release));
            action::consume_tokens(&release, status);
            token::echo(&release, status);
        })?;
        return Ok(Outcome::Done);
    }
    // A HelmChart that can't be applied fails the pass before any condition is written.
    chart::apply(pass, &release)?;
    let (now, observed) = (pass.now(), generation(&release));
    pass.status(|status| {
        conditions::reconciling(status, now, observed, "Progressing", "Fulfilling prerequisites");
    })?;
    let requeue = pass.process().args.requeue_dependency;
    if let Some(message) = dependency(pass, &release) {
        return not_ready(pass, &release, "DependencyNotReady", &message, Outcome::After(requeue));
    }
    let (kind, key) = source(pass, &release);
    let Some(source) = key.as_ref().and_then(|key| pass.get(key)) else {
        let named = key.map_or_else(|| "no chart is named".to_owned(), |key| kinds::not_cached(kind, &key));
        let message = format!("could not get Source object: {named}");
        return not_ready(pass, &release, "ArtifactFailed", &message, Outcome::Failed(message.clone()));
    };
    if let Some(why) = unready(&source) {
        let message = format!("{kind} '{}' is not ready: {why}", key.as_ref().map(path).unwrap_or_default());
        // Since helm-controller 1.4 it is requeued like a dependency; before, it waited its whole interval.
        let again = match pass.process().profile.requeues_when_source_is_not_ready() {
            true => requeue,
            false => interval(&release),
        };
        let again = pass.jittered(again);
        return not_ready(pass, &release, "SourceNotReady", &message, Outcome::After(again));
    }
    if let Err(message) = values::resolve(pass, &release) {
        return not_ready(pass, &release, "ValuesError", &message, Outcome::Failed(message.clone()));
    }
    let artifact = |field: &str| text(&source, &format!("/status/artifact/{field}")).to_owned();
    let step = Step::Download { url: artifact("url"), revision: artifact("revision"), tries: 0 };
    let time = pass.between(40, 160);
    Ok(Outcome::Busy(time, crate::controllers::Step::Helm(step)))
}

/// Goes on with a pass.
pub fn go_on(pass: &mut Pass<'_>, step: Step) -> Passed {
    let Some(release) = pass.object() else { return Ok(Outcome::Done) };
    match step {
        Step::Uninstall => remove::end(pass, &release),
        Step::Action { action, chart, version, began } => {
            action::end(pass, &release, action, (&chart, &version), began)
        }
        Step::Remediation => remediation::end(pass, &release),
        // The download is not interrupted: a deletion waits until it has come to an end.
        Step::Download { url, revision, tries } => match download::attempt(pass, &url, tries) {
            Download::Later(pause) => {
                let step = Step::Download { url, revision, tries: tries + 1 };
                Ok(Outcome::Busy(pause, crate::controllers::Step::Helm(step)))
            }
            _ if is_deleting(&release) || flag(&release, "/spec/suspend") => Ok(Outcome::Again),
            Download::Done(Stored::Chart { name, version }) => {
                // The digest of a chart from a registry becomes part of its version: tags may move.
                let digest = revision.rsplit_once("@sha256:").and_then(|(_, digest)| digest.get(..12));
                let version = digest.map_or_else(|| version.clone(), |digest| format!("{version}+{digest}"));
                action::begin(pass, &release, name, version, &revision)
            }
            Download::Done(_) => {
                let message = "Could not load chart: the artifact holds no chart".to_owned();
                not_ready(pass, &release, "ArtifactFailed", &message, Outcome::Failed(message.clone()))
            }
            Download::NotFound => {
                let requeue = pass.process().args.requeue_dependency;
                let message = format!("Source not ready: artifact not found. Retrying in {}s", requeue.as_secs());
                not_ready(pass, &release, "ArtifactFailed", &message, Outcome::After(requeue))
            }
            Download::Broken(error) => {
                let message = format!("Could not load chart: {error}");
                not_ready(pass, &release, "ArtifactFailed", &message, Outcome::Failed(message.clone()))
            }
        },
    }
}

/// Why a release has to wait for another one.
fn dependency(pass: &Pass<'_>, release: &Value) -> Option<String> {
    items(release, "/spec/dependsOn").find_map(|reference| {
        let namespace = some_text(reference, "/namespace").or(pass.key.namespace.as_deref());
        let key = Key::of(&HELM_RELEASES, namespace, text(reference, "/name"));
        let Some(dependency) = pass.get(&key) else {
            return Some(format!("unable to get '{}' dependency: {} {:?} not found", path(&key), key.gr, key.name));
        };
        let observed = number(&dependency, "/status/observedGeneration") == Some(generation(&dependency));
        let ready = observed && conditions::is_true(&dependency, "Ready");
        (!ready).then(|| format!("dependency '{}' is not ready", path(&key)))
    })
}

/// The kind and place of the object whose artifact is the chart.
fn source(pass: &Pass<'_>, release: &Value) -> (&'static str, Option<Key>) {
    let own = pass.key.namespace.as_deref();
    if some_text(release, "/spec/chartRef/name").is_none() {
        return ("HelmChart", chart::key(release));
    }
    let namespace = some_text(release, "/spec/chartRef/namespace").or(own);
    let name = text(release, "/spec/chartRef/name");
    match text(release, "/spec/chartRef/kind") {
        "OCIRepository" => ("OCIRepository", Some(Key::of(&kinds::OCI_REPOSITORIES, namespace, name))),
        _ => ("HelmChart", Some(Key::of(&HELM_CHARTS, namespace, name))),
    }
}

/// Why a source can't be used yet. One that has failed since it was observed is still good for what it has.
fn unready(source: &Value) -> Option<String> {
    let message = |condition: &Value| condition["message"].as_str().unwrap_or_default().to_owned();
    if number(source, "/status/observedGeneration") != Some(generation(source)) {
        let failed = conditions::get(source, "Ready").filter(|ready| ready["status"] == "False");
        let unseen = || "latest generation of object has not been reconciled".to_owned();
        return Some(failed.map_or_else(unseen, message));
    }
    if let Some(stalled) = conditions::get(source, "Stalled") {
        return Some(message(stalled));
    }
    some_text(source, "/status/artifact/url").is_none().then(|| "does not have an artifact".to_owned())
}

/// Ends a pass that met an obstacle: `observedGeneration` stays where it was.
pub(super) fn not_ready(pass: &mut Pass<'_>, release: &Value, reason: &str, message: &str, outcome: Outcome) -> Passed {
    let (now, observed) = (pass.now(), generation(release));
    pass.log("info", message, &[]);
    pass.status(|status| {
        conditions::set(status, now, observed, "Ready", ["False", reason, message]);
        token::echo(release, status);
    })?;
    Ok(outcome)
}

/// `spec.interval`.
pub(super) fn interval(release: &Value) -> SignedDuration {
    some_text(release, "/spec/interval").and_then(duration).unwrap_or(SignedDuration::from_mins(5))
}
