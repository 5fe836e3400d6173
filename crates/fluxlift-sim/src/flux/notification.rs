//! notification-controller: its Receivers. Alerts and Providers are static and have no status.

use serde_json::json;

use super::kinds::FINALIZER;
use super::token;
use crate::controllers::conditions;
use crate::controllers::object::{duration, flag, generation, has_finalizer, is_deleting, some_text, text};
use crate::controllers::{Outcome, Pass, Passed, digest};
use crate::kube::{GroupResource, Key};

/// Makes a pass over a Receiver.
pub fn reconcile(pass: &mut Pass<'_>) -> Passed {
    let Some(receiver) = pass.object() else { return Ok(Outcome::Done) };
    if is_deleting(&receiver) {
        pass.drop_finalizer(FINALIZER)?;
        return Ok(Outcome::Done);
    }
    if !has_finalizer(&receiver, FINALIZER) {
        pass.add_finalizer(FINALIZER)?;
        pass.status(|status| token::echo(&receiver, status))?;
        return Ok(Outcome::Again);
    }
    if flag(&receiver, "/spec/suspend") {
        pass.log("info", "reconciliation is suspended for this object", &[]);
        pass.status(|status| token::echo(&receiver, status))?;
        return Ok(Outcome::Done);
    }
    let (now, observed) = (pass.now(), generation(&receiver));
    let name = text(&receiver, "/spec/secretRef/name");
    let secret = Key::of(&GroupResource::SECRETS, pass.key.namespace.as_deref(), name);
    if pass.get(&secret).is_none() {
        let message = format!("unable to read token from secret '{name}' error: secrets \"{name}\" not found");
        pass.status(|status| {
            conditions::set(status, now, observed, "Ready", ["False", "TokenNotFound", &message]);
            token::echo(&receiver, status);
        })?;
        return Ok(Outcome::Failed(message));
    }
    let path = format!("/hook/{}", digest(&format!("{}{name}", pass.key)));
    pass.status(|status| {
        let message = format!("Receiver initialized for path: {path}");
        conditions::set(status, now, observed, "Ready", ["True", "Succeeded", &message]);
        status["webhookPath"] = json!(path);
        status["observedGeneration"] = json!(observed);
        token::echo(&receiver, status);
    })?;
    let interval = some_text(&receiver, "/spec/interval").and_then(duration);
    Ok(Outcome::After(interval.unwrap_or(jiff::SignedDuration::from_mins(10))))
}
