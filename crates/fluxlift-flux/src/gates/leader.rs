//! After a rollout, the leader is one of the new Pods.

use fluxlift_core::{Gate, GateName, Observation, Verdict};
use fluxlift_kube::gates::rollout;

use crate::controllers::Leader;
use crate::{Component, Controllers};

/// Proven when the Deployment is rolled out and its Lease is held by a Pod of its newest ReplicaSet that is not on its
/// way out. Before that the old leader may still answer, canaries included.
#[derive(Debug, Clone)]
pub struct LeaderIsCurrent {
    component: Component,
    deployment: String,
}

impl LeaderIsCurrent {
    /// The leader of `deployment`, which runs `component`: the main one, or a shard's.
    pub fn new(component: Component, deployment: impl Into<String>) -> Self {
        Self { component, deployment: deployment.into() }
    }
}

impl Gate for LeaderIsCurrent {
    type Snapshot = Controllers;

    fn name(&self) -> GateName {
        GateName::new(format!("leader of {} is current", self.deployment))
    }

    fn judge(&self, seen: &Observation<'_, Controllers>) -> Verdict {
        let name = self.deployment.as_str();
        if let Some(trouble) = seen.snapshot.trouble(self.component, name, seen.unchanged_for) {
            return Verdict::pending(trouble);
        }
        let Some(deployment) = seen.snapshot.deployment(name).filter(|d| rollout::missing(d).is_none()) else {
            return Verdict::pending(format!("deployment/{name} is not rolled out"));
        };
        match seen.snapshot.leader(self.component, deployment) {
            Leader::Current { pod, lease } => {
                Verdict::proven(deployment.evidence(format!("lease {lease} held by pod {pod}")))
            }
            _ => Verdict::pending(format!("{name} has no current leader")),
        }
    }
}
