//! What follows a failed install that may be tried again: what it left behind is uninstalled.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::Step;
use crate::controllers::object::{generation, is_deleting, number, some_text, text};
use crate::controllers::{Outcome, Pass, Passed, conditions};
use crate::flux::token;

/// Begins the uninstall.
pub(super) fn begin(pass: &mut Pass<'_>, object: &Value) -> Passed {
    let (now, observed) = (pass.now(), generation(object));
    let timeout = some_text(object, "/spec/timeout").unwrap_or("5m0s");
    let message = format!("Running 'uninstall' action with timeout of {timeout}");
    pass.log("info", &message, &[]);
    pass.status(|status| conditions::reconciling(status, now, observed, "Progressing", &message))?;
    let time: SignedDuration = pass.between(300, 1_200);
    Ok(Outcome::Busy(time, crate::controllers::Step::Helm(Step::Remediation)))
}

/// Ends it: the release is queued again for its next try.
pub(super) fn end(pass: &mut Pass<'_>, object: &Value) -> Passed {
    if is_deleting(object) {
        return Ok(Outcome::Again);
    }
    let (now, observed) = (pass.now(), generation(object));
    let held = &object["status"]["history"][0];
    let failure = conditions::get(object, "Ready").map_or("", |ready| text(ready, "/message")).to_owned();
    let message = format!(
        "Helm uninstall remediation for release {}/{}.v{} with chart {}@{} succeeded",
        text(held, "/namespace"),
        text(held, "/name"),
        number(held, "/version").unwrap_or(1),
        text(held, "/chartName"),
        text(held, "/chartVersion")
    );
    pass.log("info", &message, &[]);
    pass.status(|status| {
        // What is noted is what was seen last, when the uninstall began; and Ready still tells of the install.
        status["history"][0]["status"] = json!("uninstalling");
        status["history"][0]["action"] = json!("uninstall-remediation");
        status["history"][0]["deleted"] = json!(conditions::moment(now));
        conditions::set(status, now, observed, "Remediated", ["True", "UninstallSucceeded", &message]);
        conditions::reconciling(status, now, observed, "ProgressingWithRetry", &failure);
        token::echo(object, status);
    })?;
    Ok(Outcome::Again)
}
