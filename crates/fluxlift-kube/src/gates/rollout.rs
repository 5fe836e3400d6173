//! A Deployment runs what its specification says, and nothing else.

use fluxlift_core::{Gate, GateName, Observation, Verdict};
use serde_json::Value;

use crate::{Collection, Object, ObjectRef, Query, kind};

/// What is looked at: the Deployment, and its Pods to say why it is not there yet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rollout {
    /// The Deployment; `None` while there is none.
    pub deployment: Option<Object>,
    /// The Pods that its label selects.
    pub pods: Collection,
}

impl Rollout {
    /// The two queries to observe together, in the order in which [`Rollout::from_collections`] takes them.
    pub fn queries(target: &ObjectRef, pod_labels: &str) -> [Query; 2] {
        let namespace = target.namespace.clone().unwrap_or_default();
        [target.clone().into(), Query::all(kind::POD).within(namespace).labelled(pod_labels)]
    }

    /// Puts together what the two queries saw.
    pub fn from_collections(seen: &[Collection]) -> Self {
        Self {
            deployment: seen.first().and_then(Collection::only).cloned(),
            pods: seen.get(1).cloned().unwrap_or_default(),
        }
    }
}

/// Proven when the newest generation is observed and all of its replicas, and only they, are available.
#[derive(Debug, Clone)]
pub struct RolledOut {
    target: ObjectRef,
}

impl RolledOut {
    /// The Deployment `target`.
    pub const fn new(target: ObjectRef) -> Self {
        Self { target }
    }
}

impl Gate for RolledOut {
    type Snapshot = Rollout;

    fn name(&self) -> GateName {
        GateName::new(format!("deployment/{} rolled out", self.target.name))
    }

    fn judge(&self, seen: &Observation<'_, Rollout>) -> Verdict {
        let Some(deployment) = &seen.snapshot.deployment else {
            return Verdict::pending(format!("{} does not exist yet", self.target));
        };
        match missing(deployment) {
            None => Verdict::proven(deployment.evidence(format!(
                "status.availableReplicas={} of the newest generation",
                deployment.number("/status/availableReplicas").unwrap_or_default()
            ))),
            Some(why) => match trouble(&seen.snapshot.pods) {
                Some(cause) => Verdict::pending(format!("{why}; {cause}")),
                None => Verdict::pending(why),
            },
        }
    }
}

/// What a Deployment lacks to be rolled out.
pub fn missing(deployment: &Object) -> Option<String> {
    let count = |field: &str| deployment.number(&format!("/status/{field}")).unwrap_or(0);
    let (generation, observed) = (deployment.generation(), count("observedGeneration"));
    let wanted = deployment.number("/spec/replicas").unwrap_or(1);
    let (updated, all, available) = (count("updatedReplicas"), count("replicas"), count("availableReplicas"));
    if deployment.is_terminating() {
        Some(format!("{} is being deleted", deployment.title()))
    } else if observed < generation {
        Some(format!("generation {generation} is not observed yet, only {observed}"))
    } else if wanted == 0 {
        Some(format!("{} is scaled to zero", deployment.title()))
    } else if updated < wanted {
        Some(format!("{updated} of {wanted} replicas are updated"))
    } else if all > updated {
        Some(format!("{} old replicas are still there", all - updated))
    } else if available < updated {
        Some(format!("{available} of {updated} replicas are available"))
    } else {
        None
    }
}

/// The most telling thing that one of the Pods is waiting for.
pub fn trouble(pods: &Collection) -> Option<String> {
    pods.iter().filter(|pod| !pod.is_terminating()).find_map(|pod| {
        let waiting = containers(pod).find_map(|status| {
            let state = &status["state"]["waiting"];
            let reason = state["reason"].as_str().filter(|r| *r != "ContainerCreating" && *r != "PodInitializing")?;
            Some(match state["message"].as_str() {
                Some(message) => format!("{reason}: {message}"),
                None => reason.to_owned(),
            })
        });
        let unscheduled = || {
            let scheduled = pod.condition("PodScheduled").filter(|c| c.status() == "False")?;
            Some(format!("{}: {}", scheduled.reason(), scheduled.message()))
        };
        let creating = || {
            containers(pod)
                .find_map(|status| status["state"]["waiting"]["reason"].as_str())
                .map(|reason| format!("{reason} (pulling its image, perhaps)"))
        };
        let why = waiting.or_else(unscheduled).or_else(creating)?;
        Some(format!("{} waits: {why}", pod.title()))
    })
}

fn containers(pod: &Object) -> impl Iterator<Item = &Value> {
    pod.items("/status/initContainerStatuses").iter().chain(pod.items("/status/containerStatuses"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn judge(spec: Value, status: Value, pods: Vec<Value>) -> Verdict {
        let deployment = json!({"kind": "Deployment",
            "metadata": {"name": "helm-controller", "namespace": "flux-system", "generation": 2},
            "spec": spec, "status": status});
        let snapshot =
            Rollout { deployment: Some(deployment.into()), pods: pods.into_iter().map(Object::new).collect() };
        let target = ObjectRef::namespaced(kind::DEPLOYMENT, "flux-system", "helm-controller");
        RolledOut::new(target).judge(&Observation { snapshot: &snapshot, unchanged_for: Duration::ZERO })
    }

    fn full(generation: i64) -> Value {
        json!({"observedGeneration": generation, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1})
    }

    #[test]
    fn full_marks_for_an_older_generation_prove_nothing() {
        assert_eq!(judge(json!({}), full(1), vec![]), Verdict::pending("generation 2 is not observed yet, only 1"));
        assert!(judge(json!({}), full(2), vec![]).is_proven());
    }

    #[test]
    fn an_old_replica_that_is_still_there_is_refused() {
        let mut status = full(2);
        status["replicas"] = 2.into();
        assert_eq!(judge(json!({}), status, vec![]), Verdict::pending("1 old replicas are still there"));
    }

    #[test]
    fn a_deployment_scaled_to_zero_is_never_rolled_out() {
        let verdict = judge(json!({"replicas": 0}), json!({"observedGeneration": 2}), vec![]);
        assert_eq!(verdict, Verdict::pending("deployment/flux-system/helm-controller is scaled to zero"));
    }

    #[test]
    fn a_pod_that_cannot_pull_its_image_is_the_cause() {
        let pod = json!({"kind": "Pod", "metadata": {"name": "p", "namespace": "flux-system"}, "status": {
            "containerStatuses": [{"state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such tag"}}}]}});
        let verdict = judge(json!({}), json!({"observedGeneration": 2}), vec![pod]);
        let why = "0 of 1 replicas are updated; pod/flux-system/p waits: ImagePullBackOff: no such tag";
        assert_eq!(verdict, Verdict::pending(why));
    }

    #[test]
    fn no_deployment_is_pending() {
        let target = ObjectRef::namespaced(kind::DEPLOYMENT, "flux-system", "helm-controller");
        let seen = Rollout::default();
        let verdict = RolledOut::new(target).judge(&Observation { snapshot: &seen, unchanged_for: Duration::ZERO });
        assert_eq!(verdict, Verdict::pending("deployment/flux-system/helm-controller does not exist yet"));
    }
}
