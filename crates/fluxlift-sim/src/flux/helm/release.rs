//! What a release is called, where it is stored, and its status when it is done.

use fluxlift_core::Timestamp;
use serde_json::{Value, json};

use crate::controllers::conditions::moment;
use crate::controllers::object::{generation, number, some_text, text};
use crate::controllers::{Outcome, Pass, Passed, conditions, digest};
use crate::flux::token;

/// The release's name and namespaces.
#[derive(Debug)]
pub(super) struct Place {
    /// The release's name.
    pub(super) name: String,
    /// The namespace it is installed into.
    pub(super) target: String,
    /// The namespace of its storage.
    pub(super) storage: String,
}

impl Place {
    /// That of a HelmRelease. A release with a target namespace of its own is named `<target>-<name>`.
    pub(super) fn of(object: &Value) -> Self {
        let (own, name) = (text(object, "/metadata/namespace"), text(object, "/metadata/name"));
        let target = some_text(object, "/spec/targetNamespace");
        let default = target.map_or_else(|| name.to_owned(), |target| format!("{target}-{name}"));
        let release = some_text(object, "/spec/releaseName").map_or(default, str::to_owned);
        Self {
            name: release,
            target: target.unwrap_or(own).to_owned(),
            storage: some_text(object, "/spec/storageNamespace").unwrap_or(own).to_owned(),
        }
    }
}

/// The entry in `status.history` of a revision that `action` brought into `state`.
pub(super) fn snapshot(
    place: &Place,
    (action, state): (&str, &str),
    revision: i64,
    (chart, version): (&str, &str),
    now: Timestamp,
    object: &Value,
) -> Value {
    let first = some_text(object, "/status/history/0/firstDeployed").map_or_else(|| moment(now), str::to_owned);
    let config = text(object, "/status/lastAttemptedConfigDigest");
    let identity = format!("{}/{}/{revision}/{version}/{config}/{state}", place.target, place.name);
    let mut snapshot = json!({"apiVersion": "v2", "name": place.name, "namespace": place.target, "version": revision, "status": state,
        "action": action, "chartName": chart, "chartVersion": version,
        "appVersion": version.split('+').next(), "configDigest": config,
        "digest": format!("sha256:{}", digest(&identity)), "firstDeployed": first, "lastDeployed": moment(now)});
    if let Some(digest) = some_text(object, "/status/lastAttemptedRevisionDigest") {
        snapshot["ociDigest"] = json!(digest);
    }
    snapshot
}

/// Reason and message of a release that is in sync with what was deployed before.
pub(super) fn words(object: &Value, held: &Value) -> (String, String) {
    let released = conditions::get(object, "Released");
    let kept = released.map(|c| (text(c, "/reason").to_owned(), text(c, "/message").to_owned()));
    kept.unwrap_or_else(|| {
        let message = format!(
            "Helm install succeeded for release {}/{}.v{} with chart {}@{}",
            text(held, "/namespace"),
            text(held, "/name"),
            number(held, "/version").unwrap_or(1),
            text(held, "/chartName"),
            text(held, "/chartVersion")
        );
        ("InstallSucceeded".to_owned(), message)
    })
}

/// Ends a pass with success: now, and only now, the generation counts as observed. `note` is what else the pass brought.
pub(super) fn succeed(
    pass: &mut Pass<'_>,
    object: &Value,
    (reason, message): &(String, String),
    note: impl FnOnce(&mut Value),
) -> Passed {
    let (now, observed) = (pass.now(), generation(object));
    pass.status(|status| {
        note(status);
        conditions::remove(status, "Reconciling");
        conditions::remove(status, "Stalled");
        conditions::set(status, now, observed, "Ready", ["True", reason, message]);
        status["observedGeneration"] = json!(observed);
        token::echo(object, status);
    })?;
    let interval = pass.jittered(super::action::interval(object));
    Ok(Outcome::After(interval))
}
