//! The paths between controllers: an artifact that source-controller serves with 404.
//!
//! A suspended source is never touched by source-controller, so its status can be written by hand: an artifact at
//! source-controller's own address, under a path that does not exist. Who tries to fetch it and reports *not found* has
//! resolved the name, passed the Service and the NetworkPolicy, and spoken HTTP with source-controller.
//!
//! The suspended canary that proved the controller is the one that walks: it is told to go on, and its source has its own
//! name. It never installs and never applies, for there is nothing to install or to apply.

use fluxlift_core::{Gate, GateName, Observation, Timestamp, Verdict};
use fluxlift_kube::{Kind, Object};
use serde_json::{Value, json};

use super::handled::{Sighting, tampered};
use super::shard::argument;
use super::source;
use crate::kinds::{GIT_REPOSITORY, HELM_CHART, NAMESPACE};
use crate::{Component, Controllers};

/// A path: from a controller to source-controller.
#[derive(Debug, Clone)]
pub(super) struct Path {
    component: Component,
    /// The kind of the suspended source whose artifact is asked for.
    pub(super) source: Kind,
    /// What the controller's Ready message says after an HTTP 404.
    answer: &'static str,
}

impl Path {
    /// The path that `component` has, if it has one.
    pub(super) fn of(component: Component) -> Option<Self> {
        match component {
            Component::Helm => Some(Self { component, source: HELM_CHART, answer: "artifact not found" }),
            // The like-sounding "Source artifact not found" says only that the source has no artifact in its status.
            Component::Kustomize => {
                Some(Self { component, source: GIT_REPOSITORY, answer: "source is not ready, artifact not found" })
            }
            Component::Source | Component::Notification | Component::ImageReflector | Component::ImageAutomation => {
                None
            }
        }
    }

    /// The specification of the source `name`.
    pub(super) fn spec(&self, name: &str) -> Value {
        source::suspended(self.source.kind(), name)
    }
}

/// Where source-controller says that its artifacts are.
pub(super) fn address(controllers: &Controllers) -> String {
    let default = || format!("source-controller.{NAMESPACE}.svc.cluster.local.");
    controllers
        .deployment(Component::Source.name())
        .and_then(|deployment| argument(deployment, "storage-adv-addr"))
        .map_or_else(default, |address| address.replace("$(RUNTIME_NAMESPACE)", NAMESPACE))
}

/// The status of a source whose artifact is at `address` and is not there.
pub(super) fn status(generation: i64, address: &str, plural: &str, name: &str, now: Timestamp) -> Value {
    let digest = "0".repeat(64);
    let path = format!("{plural}/{NAMESPACE}/{name}/none.tar.gz");
    json!({"status": {
        "observedGeneration": generation,
        "artifact": {
            "url": format!("http://{address}/{path}"),
            "path": path,
            "revision": format!("none@sha256:{digest}"),
            "digest": format!("sha256:{digest}"),
            "lastUpdateTime": now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "size": 0,
        },
        "conditions": [{
            "type": "Ready", "status": "True", "reason": "Succeeded", "message": "stored artifact",
            "observedGeneration": generation, "lastTransitionTime": now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        }],
    }})
}

/// Proven when `component` has reached source-controller and was told that there is no such artifact.
#[derive(Debug, Clone)]
pub struct Reached {
    component: Component,
    uid: String,
    generation: i64,
    answer: &'static str,
    address: String,
}

impl Gate for Reached {
    type Snapshot = Sighting;

    fn name(&self) -> GateName {
        GateName::new(format!("path {} to source-controller", self.component))
    }

    fn judge(&self, seen: &Observation<'_, Sighting>) -> Verdict {
        let (object, controllers) = seen.snapshot;
        let Some(object) = object else { return Verdict::pending("the path canary is not to be seen") };
        if let Some(end) = tampered(object, &self.uid) {
            return end;
        }
        if object.generation() < self.generation {
            return Verdict::pending("the path canary is still seen as it was before it set off");
        }
        match object.condition("Ready") {
            Some(ready) if is_answer(object, self.answer) => Verdict::proven(object.evidence(ready.to_string())),
            Some(ready) if ready.status() == "False" => self.broken(&ready.to_string()),
            _ => match controllers.trouble(self.component, self.component.name(), seen.unchanged_for) {
                Some(trouble) => Verdict::pending(trouble),
                None => self.broken("no answer yet"),
            },
        }
    }
}

impl Reached {
    /// The canary `set_off` walks `path`, as it was when it was told to.
    pub(super) fn new(path: &Path, set_off: &Object, address: impl Into<String>) -> Self {
        Self {
            component: path.component,
            uid: set_off.uid().to_owned(),
            generation: set_off.generation(),
            answer: path.answer,
            address: address.into(),
        }
    }

    fn broken(&self, seen: &str) -> Verdict {
        Verdict::pending(format!(
            "{} does not reach http://{}/ ({seen}): check cluster DNS, the Service source-controller and the \
             NetworkPolicies in {NAMESPACE}",
            self.component, self.address
        ))
    }
}

/// Whether its status is exactly the one that follows a 404.
fn is_answer(object: &Object, answer: &str) -> bool {
    object.condition("Ready").is_some_and(|ready| {
        ready.status() == "False"
            && ready.reason() == "ArtifactFailed"
            && ready.message().to_lowercase().contains(answer)
            && ready.observed_generation().is_none_or(|observed| observed == object.generation())
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn judge(message: &str) -> Verdict {
        let object = |status: Value| {
            Object::new(json!({"kind": "Kustomization", "metadata": {"name": "c", "uid": "u"}, "status": status}))
        };
        let path = Path::of(Component::Kustomize).unwrap();
        let gate = Reached::new(&path, &object(json!({})), "source-controller.flux-system.svc.cluster.local.");
        let object = object(
            json!({"conditions": [{"type": "Ready", "status": "False", "reason": "ArtifactFailed", "message": message}]}),
        );
        gate.judge(&Observation { snapshot: &(Some(object), Controllers::default()), unchanged_for: Duration::ZERO })
    }

    #[test]
    fn only_the_answer_of_source_controller_itself_proves_the_path() {
        assert!(judge("Source is not ready, artifact not found").is_proven());
        assert!(!judge("Source artifact not found, retrying in 30s").is_proven());
        assert!(!judge("dial tcp: lookup source-controller: no such host").is_proven());
    }

    #[test]
    fn a_broken_path_names_dns_service_and_network_policy() {
        let verdict = judge("connection refused").to_string();
        assert!(["DNS", "Service source-controller", "NetworkPolicies"].iter().all(|word| verdict.contains(word)));
    }
}
