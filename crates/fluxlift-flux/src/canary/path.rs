//! What the path canaries share: an artifact that source-controller serves with 404.
//!
//! A suspended source is never touched by source-controller, so its status can be written by hand: an artifact at
//! source-controller's own address, under a path that does not exist. Who tries to fetch it and reports *not found* has
//! resolved the name, passed the Service and the NetworkPolicy, and spoken HTTP with source-controller.

use fluxlift_core::{Gate, GateName, Observation, Timestamp, Verdict};
use fluxlift_kube::Object;
use serde_json::{Value, json};

use super::handled::{Sighting, tampered};
use super::shard::argument;
use crate::kinds::NAMESPACE;
use crate::{Component, Controllers};

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
    pub(super) component: Component,
    pub(super) uid: String,
    /// What its Ready message says then.
    pub(super) answer: &'static str,
    pub(super) address: String,
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
        let gate = Reached {
            component: Component::Kustomize,
            uid: "u".to_owned(),
            answer: crate::canary::path_kustomization::ANSWER,
            address: "source-controller.flux-system.svc.cluster.local.".to_owned(),
        };
        let object = Object::new(json!({"kind": "Kustomization", "metadata": {"name": "c", "uid": "u"}, "status": {
            "conditions": [{"type": "Ready", "status": "False", "reason": "ArtifactFailed", "message": message}]}}));
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
