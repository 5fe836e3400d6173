//! Each law, held against a history that keeps it and against others that do not.

mod delivered;
mod leaders;
mod left;
mod order;
mod proofs;

use serde_json::{Value, json};

use super::canaries::{CONTROLLERS, LABEL, WALKERS};
use super::*;
use crate::history::{Happening, History};
use crate::ledger::Claim;

/// A history in the making.
#[derive(Default)]
struct Story(Vec<Happening>);

impl Story {
    /// A story that begins with four controllers, each led by its one Pod.
    fn new() -> Self {
        let mut story = Self::default();
        for (_, controller) in CONTROLLERS {
            story.rolled_out(controller, 1);
            story.led(controller, 1);
        }
        story
    }

    /// A Deployment and a ReplicaSet of its revision `number`, with a Pod; those of before are still there.
    fn rolled_out(&mut self, controller: &str, number: u64) -> u64 {
        let revision = json!({"deployment.kubernetes.io/revision": number.to_string()});
        let (set, pod) = (format!("{controller}-{number}"), format!("{controller}-{number}-pod"));
        let of = |uid: &str| json!([{"uid": uid}]);
        self.write(
            &format!("replicasets/flux-system/{set}"),
            Some(json!({"metadata": {"uid": set, "annotations": revision, "ownerReferences": of(controller)}})),
        );
        self.write(
            &format!("pods/flux-system/{pod}"),
            Some(json!({"metadata": {"uid": pod, "ownerReferences": of(&set)}})),
        );
        self.write(
            &format!("deployments/flux-system/{controller}"),
            Some(json!({"metadata": {"uid": controller, "generation": number, "annotations": revision},
                "spec": {"replicas": 1}, "status": {"observedGeneration": number, "updatedReplicas": 1,
                "availableReplicas": 1, "replicas": 1}})),
        )
    }

    /// The Pod of that revision holds the Lease.
    fn led(&mut self, controller: &str, number: u64) -> u64 {
        let lease = json!({"metadata": {}, "spec": {"holderIdentity": format!("{controller}-{number}-pod_1")}});
        self.write(&format!("leases/flux-system/{controller}-leader-election"), Some(lease))
    }

    /// The Pod of that revision is on its way out.
    fn leaving(&mut self, controller: &str, number: u64) -> u64 {
        let key = format!("pods/flux-system/{controller}-{number}-pod");
        let mut pod = self.history().now()[key.as_str()].object.clone().unwrap();
        pod["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        self.write(&key, Some(pod))
    }

    /// The cluster is reserved, or still is, at `second`; free without one.
    fn reserved(&mut self, second: Option<u64>) -> u64 {
        let lease = |second| json!({"metadata": {}, "spec": {"renewTime": time(second)}});
        self.write(RESERVATION, second.map(lease))
    }

    fn revision(&self) -> u64 {
        self.0.len() as u64 + 1
    }

    fn write(&mut self, key: &str, object: Option<Value>) -> u64 {
        let revision = self.revision();
        let created =
            object.is_some() && self.0.iter().rfind(|seen| seen.key == key).is_none_or(|s| s.object.is_none());
        self.0.push(Happening { revision, key: key.to_owned(), created, object });
        revision
    }

    /// A canary of each kind but `unanswered` is sent by `run` and answered; those that walk do, but for `lost`.
    fn round(&mut self, run: &str, unanswered: &str, lost: &str) {
        for (kind, controller) in CONTROLLERS {
            let key = format!("{kind}flux-system/{run}");
            let (name, answer) = match controller {
                "helm-controller" => ("HelmRelease", "Source not ready: artifact not found. Retrying in 5s"),
                "kustomize-controller" => ("Kustomization", "Source is not ready, artifact not found, retrying in 5s"),
                _ => ("", ""),
            };
            let canary = |status: Value| {
                Some(json!({"kind": name, "metadata": {"labels": {LABEL: run}, "uid": format!("{run}-{kind}"),
                    "generation": 1, "annotations": {"reconcile.fluxcd.io/requestedAt": "t"}}, "status": status}))
            };
            self.write(&key, canary(json!({})));
            if controller == unanswered {
                continue;
            }
            self.write(&key, canary(json!({"lastHandledReconcileAt": "t"})));
            if WALKERS.contains(&(kind, controller)) && controller != lost {
                let ready = json!({"type": "Ready", "status": "False", "reason": "ArtifactFailed", "message": answer,
                    "observedGeneration": 1});
                self.write(&key, canary(json!({"lastHandledReconcileAt": "t", "conditions": [ready]})));
            }
        }
    }

    fn sweep(&mut self) {
        let history = self.history();
        let canaries = history.now().into_values().filter(|seen| canaries::is_canary(seen));
        let keys: Vec<String> = canaries.map(|seen| seen.key.clone()).collect();
        for key in keys {
            self.write(&key, None);
        }
    }

    fn instance(&mut self, generation: u64, sync: bool) -> u64 {
        let spec = if sync { json!({"sync": {"pullSecret": "git"}}) } else { json!({}) };
        let object = json!({"metadata": {"generation": generation, "uid": "i", "managedFields": [{"manager": "fluxlift"}]},
            "spec": spec});
        self.write("fluxcd.controlplane.io/fluxinstances/flux-system/flux", Some(object))
    }

    fn made(&mut self, key: &str, metadata: Value) -> u64 {
        let mut object = json!({"metadata": metadata});
        object["metadata"]["managedFields"] = json!([{"manager": "fluxlift"}]);
        object["metadata"]["uid"] = json!(format!("{key}@{}", self.revision()));
        self.write(key, Some(object))
    }

    fn history(&self) -> History {
        History::new(self.0.clone())
    }

    fn ordered(&self) -> Result<(), String> {
        nothing_is_synced_before_every_canary_answered(&self.history()).map_err(|breach| breach.to_string())
    }
}

/// The breach that there must be.
fn breach<T: std::fmt::Debug>(judged: Result<T, impl std::fmt::Display>) -> String {
    judged.map_err(|breach| breach.to_string()).unwrap_err()
}

/// A moment, `second` seconds after the beginning.
fn time(second: u64) -> String {
    format!("2026-01-01T00:{:02}:{:02}.000000Z", second / 60, second % 60)
}

/// A gate that was proven by the object of this UID at this revision.
fn claim(gate: &str, uid: &str, revision: u64) -> Claim {
    let evidence = json!({"object": "o", "uid": uid, "resource_version": revision.to_string(), "field": "f"});
    let closed = json!({"record": "gate-closed", "proof": {"gate": gate, "verdict": "proven", "evidence": evidence}});
    Claim::of(&closed).unwrap()
}

/// The same claim, opened and closed at these seconds.
fn between(opened: u64, closed: u64, claim: Claim) -> Claim {
    let at = |second| time(second).parse().ok();
    Claim { opened: at(opened), closed: at(closed), ..claim }
}
