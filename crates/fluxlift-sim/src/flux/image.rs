//! The image controllers: what they do with an object before any image or any commit comes into it.
//!
//! There is no registry of images in the simulated network, so a scan fails, and so does what would need its tags. What an
//! automation would write to Git is not modelled: with a Git configuration it stays at work.

use serde_json::{Value, json};

use super::kinds::{FINALIZER, IMAGE_REPOSITORIES};
use super::token;
use crate::controllers::conditions;
use crate::controllers::object::{flag, generation, has_finalizer, is_deleting, some_text, text};
use crate::controllers::{Outcome, Pass, Passed};
use crate::kube::Key;

/// Makes a pass over an ImageRepository: every one ends with the echo of its token.
pub fn reconcile_repository(pass: &mut Pass<'_>) -> Passed {
    let Some(repository) = pass.object() else { return Ok(Outcome::Done) };
    if let Some(outcome) = early(pass, &repository, true)? {
        return Ok(outcome);
    }
    let image = text(&repository, "/spec/image");
    if image.contains("://") {
        let message = format!("could not parse reference: {image}");
        return refuse(pass, &repository, "ImageURLInvalid", &message, true);
    }
    let host = image.split('/').next().unwrap_or_default().split(':').next().unwrap_or_default();
    let message = format!("scan failed: Get \"https://{host}/v2/\": dial tcp: lookup {host}: no such host");
    fail(pass, &repository, "ReadOperationFailed", &message, true)
}

/// Makes a pass over an ImagePolicy. Before Flux 2.7 it could not be suspended and was not asked by a token.
pub fn reconcile_policy(pass: &mut Pass<'_>) -> Passed {
    let Some(policy) = pass.object() else { return Ok(Outcome::Done) };
    let asked = pass.process().profile.images_are_stable();
    if let Some(outcome) = early(pass, &policy, asked)? {
        return Ok(outcome);
    }
    let name = text(&policy, "/spec/imageRepositoryRef/name");
    let namespace = some_text(&policy, "/spec/imageRepositoryRef/namespace").or(pass.key.namespace.as_deref());
    let repository = Key::of(&IMAGE_REPOSITORIES, namespace, name);
    let message = match pass.get(&repository) {
        Some(_) => "no tags in database".to_owned(),
        None => {
            let missing = format!("{IMAGE_REPOSITORIES} \"{name}\" not found");
            format!("failed to get the referred ImageRepository: {missing}")
        }
    };
    fail(pass, &policy, "DependencyNotReady", &message, asked)
}

/// Makes a pass over an ImageUpdateAutomation. A suspended one gets its finalizer and nothing else, and no pass ever
/// echoes a token: the real one (1.2.4) forgets to.
pub fn reconcile_automation(pass: &mut Pass<'_>) -> Passed {
    let Some(automation) = pass.object() else { return Ok(Outcome::Done) };
    if is_deleting(&automation) {
        pass.drop_finalizer(FINALIZER)?;
        return Ok(Outcome::Done);
    }
    if !has_finalizer(&automation, FINALIZER) {
        pass.add_finalizer(FINALIZER)?;
        return Ok(Outcome::Again);
    }
    if flag(&automation, "/spec/suspend") {
        pass.log("info", "reconciliation is suspended for this object", &[]);
        return Ok(Outcome::Done);
    }
    progress(pass, &automation)?;
    let kind = text(&automation, "/spec/sourceRef/kind");
    let message = if kind != "GitRepository" {
        format!("source kind '{kind}' not supported: invalid source configuration")
    } else if automation["spec"]["git"].is_null() {
        "source kind 'GitRepository' necessitates field .spec.git: invalid source configuration".to_owned()
    } else {
        return Ok(Outcome::Done);
    };
    refuse(pass, &automation, "InvalidSourceConfiguration", &message, false)
}

/// What comes before the work: deletion, the finalizer, suspension. `asked` says whether tokens and suspension count.
fn early(pass: &mut Pass<'_>, object: &Value, asked: bool) -> Result<Option<Outcome>, crate::kube::Status> {
    if is_deleting(object) {
        pass.drop_finalizer(FINALIZER)?;
        return Ok(Some(Outcome::Done));
    }
    let answer = |status: &mut Value| {
        if asked {
            token::echo(object, status);
        }
    };
    if !has_finalizer(object, FINALIZER) {
        pass.add_finalizer(FINALIZER)?;
        pass.status(answer)?;
        return Ok(Some(Outcome::Again));
    }
    if asked && flag(object, "/spec/suspend") {
        pass.log("info", "reconciliation is suspended for this object", &[]);
        pass.status(answer)?;
        return Ok(Some(Outcome::Done));
    }
    progress(pass, object)?;
    Ok(None)
}

fn progress(pass: &mut Pass<'_>, object: &Value) -> Result<(), crate::kube::Status> {
    let (now, observed) = (pass.now(), generation(object));
    let message = format!("processing object: new generation {} -> {observed}", object["status"]["observedGeneration"]);
    pass.status(|status| {
        conditions::reconciling(status, now, observed, "Progressing", &message);
        conditions::set(status, now, observed, "Ready", ["Unknown", "Progressing", &message]);
    })
}

/// Ends a pass that will be made again.
fn fail(pass: &mut Pass<'_>, object: &Value, reason: &str, message: &str, echoes: bool) -> Passed {
    let (now, observed) = (pass.now(), generation(object));
    pass.status(|status| {
        conditions::retrying(status);
        conditions::set(status, now, observed, "Ready", ["False", reason, message]);
        if echoes {
            token::echo(object, status);
        }
    })?;
    Ok(Outcome::Failed(message.to_owned()))
}

/// Ends a pass that will not be made again before the object changes.
fn refuse(pass: &mut Pass<'_>, object: &Value, reason: &str, message: &str, echoes: bool) -> Passed {
    let (now, observed) = (pass.now(), generation(object));
    pass.status(|status| {
        conditions::stalled(status, now, observed, reason, message);
        conditions::set(status, now, observed, "Ready", ["False", reason, message]);
        status["observedGeneration"] = json!(observed);
        if echoes {
            token::echo(object, status);
        }
    })?;
    Ok(Outcome::Done)
}
