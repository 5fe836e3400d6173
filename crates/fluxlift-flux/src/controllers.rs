//! The controllers as the cluster shows them: Deployments, ReplicaSets, Pods and Leases, seen together.

use std::collections::BTreeMap;
use std::time::Duration;

use fluxlift_core::Timestamp;
use fluxlift_kube::gates::rollout;
use fluxlift_kube::{Cluster, Collection, Object, Observations, Query, RequestError, kind};
use futures::StreamExt as _;
use futures::future::try_join_all;
use jiff::SignedDuration;

use crate::Component;
use crate::kinds::NAMESPACE;

/// A leader that has not renewed its Lease for this long is frozen: it renews every few seconds.
const FROZEN: SignedDuration = SignedDuration::from_secs(20);

/// A Lease that is so far behind another one would long have been lost to any other candidate.
const LEFT_BEHIND: SignedDuration = SignedDuration::from_secs(60);

/// What there is of the controllers at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Controllers {
    deployments: Collection,
    replica_sets: Collection,
    pods: Collection,
    leases: Collection,
    /// When each Lease was last seen to change, by our own clock: the cluster's may differ.
    renewed: BTreeMap<String, (String, Timestamp)>,
    /// When all this was seen.
    at: Timestamp,
}

impl Default for Controllers {
    fn default() -> Self {
        Self::from_parts(&[], &BTreeMap::new(), Timestamp::UNIX_EPOCH)
    }
}

/// Who leads a Deployment's Pods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leader {
    /// A Pod of the newest ReplicaSet that is not on its way out.
    Current {
        /// The Pod.
        pod: String,
        /// The Lease.
        lease: String,
    },
    /// A Pod that is on its way out still holds the Lease.
    Outgoing {
        /// The Pod.
        pod: String,
    },
    /// A Pod that is gone still holds the Lease: nobody leads until it runs out.
    Gone {
        /// The holder's Pod.
        pod: String,
    },
    /// Nobody holds a Lease yet.
    Nobody,
}

impl Controllers {
    fn queries() -> [Query; 4] {
        [kind::DEPLOYMENT, kind::REPLICA_SET, kind::POD, kind::LEASE].map(|kind| Query::all(kind).within(NAMESPACE))
    }

    /// Looks at the controllers in Flux's namespace once.
    ///
    /// # Errors
    /// When the cluster refuses or does not answer.
    pub async fn look(cluster: &Cluster) -> Result<Self, RequestError> {
        let queries = Self::queries();
        let parts = try_join_all(queries.iter().map(|query| cluster.list(query))).await?;
        Ok(Self::from_parts(&parts, &BTreeMap::new(), cluster.clock().now()))
    }

    /// Follows the controllers in Flux's namespace.
    pub fn observe(cluster: &Cluster) -> Observations<Self> {
        let queries = Self::queries();
        let clock = std::sync::Arc::clone(cluster.clock());
        let mut renewed = BTreeMap::new();
        Box::pin(cluster.observe_all(queries).map(move |seen| {
            seen.map(|parts| {
                let next = Self::from_parts(&parts, &renewed, clock.now());
                renewed.clone_from(&next.renewed);
                next
            })
        }))
    }

    fn from_parts(parts: &[Collection], before: &BTreeMap<String, (String, Timestamp)>, at: Timestamp) -> Self {
        let part = |index: usize| parts.get(index).cloned().unwrap_or_default();
        let leases = part(3);
        let renewed = leases.iter().map(|lease| {
            let version = lease.resource_version();
            let since = before.get(lease.name()).filter(|(seen, _)| seen == version).map_or(at, |(_, since)| *since);
            (lease.name().to_owned(), (version.to_owned(), since))
        });
        let renewed = renewed.collect();
        Self { deployments: part(0), replica_sets: part(1), pods: part(2), leases, renewed, at }
    }

    /// For how long a Lease has not been renewed, when these observations are `unchanged_for` old.
    fn quiet_for(&self, lease: &str, unchanged_for: Duration) -> SignedDuration {
        let since = self.renewed.get(lease).map_or(self.at, |(_, since)| *since);
        let unchanged_for = SignedDuration::try_from(unchanged_for).unwrap_or(SignedDuration::MAX);
        self.at.duration_since(since).saturating_add(unchanged_for)
    }

    /// All Deployments in Flux's namespace.
    pub fn deployments(&self) -> impl Iterator<Item = &Object> {
        self.deployments.iter()
    }

    /// How far the last renewal of a Lease is behind the newest of any Lease here: both are the cluster's own times, so
    /// that one look is enough and our clock does not matter.
    fn lag(&self, lease: &str) -> SignedDuration {
        let renewed = |lease: &Object| lease.text("/spec/renewTime").and_then(|time| time.parse::<Timestamp>().ok());
        let newest = self.leases.iter().filter_map(renewed).max();
        let own = self.leases.get(Some(NAMESPACE), lease).and_then(renewed);
        newest.zip(own).map_or(SignedDuration::ZERO, |(newest, own)| newest.duration_since(own))
    }

    /// The Lease of that name.
    pub(crate) fn lease(&self, name: &str) -> Option<&Object> {
        self.leases.get(Some(NAMESPACE), name)
    }

    /// The Deployments whose leader is a Pod that belongs to them now, each with that Pod.
    pub(crate) fn leading_pods(&self) -> Vec<(String, String)> {
        let all = Component::ALL.into_iter().flat_map(|component| {
            self.deployments_of(component).filter_map(move |deployment| match self.leader(component, deployment) {
                Leader::Current { pod, .. } => Some((deployment.name().to_owned(), pod)),
                _ => None,
            })
        });
        all.collect()
    }

    /// The Deployment of that name.
    pub fn deployment(&self, name: &str) -> Option<&Object> {
        self.deployments.get(Some(NAMESPACE), name)
    }

    /// The Deployments that run `component`: the main one, and one for each shard.
    pub fn deployments_of(&self, component: Component) -> impl Iterator<Item = &Object> {
        self.deployments.iter().filter(move |deployment| {
            let container = deployment.text("/spec/template/spec/containers/0/image").unwrap_or_default();
            deployment.name() == component.name() || image_name(container) == component.name()
        })
    }

    /// The Pods of a Deployment, through its ReplicaSets.
    pub fn pods_of<'a>(&'a self, deployment: &'a Object) -> impl Iterator<Item = &'a Object> {
        self.pods
            .iter()
            .filter(move |pod| self.replica_sets.iter().any(|set| is_owner(set, pod) && is_owner(deployment, set)))
    }

    /// The ReplicaSet of a Deployment's newest revision.
    fn newest_replica_set(&self, deployment: &Object) -> Option<&Object> {
        const REVISION: &str = "deployment.kubernetes.io/revision";
        let revision = deployment.annotation(REVISION)?;
        self.replica_sets.iter().find(|set| is_owner(deployment, set) && set.annotation(REVISION) == Some(revision))
    }

    /// Who leads the Pods of `deployment`, which runs `component`.
    pub fn leader(&self, component: Component, deployment: &Object) -> Leader {
        let newest = self.newest_replica_set(deployment);
        let is_main = deployment.name() == component.name();
        let mut gone = None;
        for lease in self.leases.iter().filter(|lease| lease.name().starts_with(&component.lease_prefix())) {
            let Some(holder) = holder(lease) else { continue };
            match self.pods_of(deployment).find(|pod| pod.name() == holder) {
                Some(pod) if pod.is_terminating() || newest.is_none_or(|set| !is_owner(set, pod)) => {
                    return Leader::Outgoing { pod: holder.to_owned() };
                }
                Some(_) => return Leader::Current { pod: holder.to_owned(), lease: lease.name().to_owned() },
                None if is_main && !self.is_a_pod(holder) => gone = Some(holder.to_owned()),
                None => {}
            }
        }
        gone.map_or(Leader::Nobody, |pod| Leader::Gone { pod })
    }

    /// Whom source-controller waits for, if it runs and is not ready because it does not lead. The others are ready by a
    /// bare ping.
    fn leaderless(&self, component: Component, deployment: &Object) -> Option<String> {
        let running = |pod: &Object| pod.text("/status/phase") == Some("Running");
        if component != Component::Source || !self.pods_of(deployment).any(running) {
            return None;
        }
        match self.leader(component, deployment) {
            Leader::Nobody => Some("it is ready only as leader, and none of its Pods is leader".to_owned()),
            Leader::Gone { pod } => {
                Some(format!("it is ready only as leader, and pod {pod}, which is gone, still holds its Lease"))
            }
            Leader::Current { .. } | Leader::Outgoing { .. } => None,
        }
    }

    fn is_a_pod(&self, name: &str) -> bool {
        self.pods.get(Some(NAMESPACE), name).is_some()
    }

    /// Whether the holder of a Lease does not renew it.
    fn is_silent(&self, lease: &str, unchanged_for: Duration) -> bool {
        self.quiet_for(lease, unchanged_for) >= FROZEN || self.lag(lease) >= LEFT_BEHIND
    }

    /// Whether the leader of `deployment` holds its Lease and does nothing, as far as one look shows: then nobody takes
    /// over.
    pub fn is_frozen(&self, component: Component, deployment: &Object) -> bool {
        let silent = |leader| matches!(leader, Leader::Current { lease, .. } if self.is_silent(&lease, Duration::ZERO));
        rollout::missing(deployment).is_none() && silent(self.leader(component, deployment))
    }

    /// Why `deployment`'s controller may not be at work, as far as the cluster shows; `None` when a current leader lives.
    pub fn trouble(&self, component: Component, deployment: &str, unchanged_for: Duration) -> Option<String> {
        let Some(found) = self.deployment(deployment) else {
            return Some(format!("deployment/{deployment} does not exist yet"));
        };
        if let Some(missing) = rollout::missing(found) {
            let pods: Collection = self.pods_of(found).cloned().collect();
            let leaderless = || self.leaderless(component, found);
            let cause =
                rollout::trouble(&pods).or_else(leaderless).map(|cause| format!("; {cause}")).unwrap_or_default();
            return Some(format!("deployment/{deployment} is not rolled out: {missing}{cause}"));
        }
        match self.leader(component, found) {
            Leader::Nobody => Some(format!("{deployment} runs, but none of its Pods is leader")),
            Leader::Gone { pod } => Some(format!(
                "pod {pod} is gone and still holds the Lease of {deployment}: nobody leads until it runs out"
            )),
            Leader::Outgoing { pod } => {
                Some(format!("the leader of {deployment} is still pod {pod}, which is on its way out"))
            }
            Leader::Current { pod, lease } if self.is_silent(&lease, unchanged_for) => {
                Some(format!("pod {pod} holds lease {lease} but does not renew it: the process is frozen or cut off"))
            }
            Leader::Current { .. } => None,
        }
    }
}

/// The Pod that holds a Lease: the identity is `<pod>_<uuid>`.
fn holder(lease: &Object) -> Option<&str> {
    let identity = lease.text("/spec/holderIdentity").filter(|identity| !identity.is_empty())?;
    Some(identity.split_once('_').map_or(identity, |(pod, _)| pod))
}

fn is_owner(owner: &Object, owned: &Object) -> bool {
    owned.items("/metadata/ownerReferences").iter().any(|reference| reference["uid"] == owner.uid())
}

/// `ghcr.io/fluxcd/helm-controller:v1.6.3@sha256:…` is `helm-controller`.
pub(crate) fn image_name(image: &str) -> &str {
    let path = image.split('@').next().unwrap_or_default();
    let last = path.rsplit('/').next().unwrap_or_default();
    last.split(':').next().unwrap_or_default()
}

#[cfg(test)]
impl Controllers {
    /// Deployments, ReplicaSets, Pods and Leases.
    pub(crate) fn of_parts(parts: [Collection; 4]) -> Self {
        Self::from_parts(&parts, &BTreeMap::new(), Timestamp::UNIX_EPOCH)
    }

    /// Nothing but Deployments.
    pub(crate) fn of_deployments<const N: usize>(deployments: [Object; N]) -> Self {
        let none = Collection::default;
        Self::of_parts([deployments.into_iter().collect(), none(), none(), none()])
    }

    /// A source-controller that leads.
    pub(crate) fn with_a_source_controller() -> Self {
        let object = |kind: &str, name: &str, owner: &str| {
            serde_json::json!({"kind": kind, "metadata": {"name": name, "namespace": NAMESPACE, "uid": name, "generation": 1,
                "annotations": {"deployment.kubernetes.io/revision": "1"}, "ownerReferences": [{"uid": owner}]},
                "spec": {"holderIdentity": "pod_1"},
                "status": {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}})
        };
        let parts = [
            object("Deployment", "source-controller", ""),
            object("ReplicaSet", "set", "source-controller"),
            object("Pod", "pod", "set"),
            object("Lease", "source-controller-leader-election", ""),
        ];
        Self::of_parts(parts.map(|part| [Object::new(part)].into_iter().collect()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn owned(kind: &str, name: &str, owner: &str, extra: Value) -> Object {
        let mut object = json!({"kind": kind, "metadata": {"name": name, "namespace": "flux-system", "uid": name,
            "ownerReferences": [{"uid": owner}]}});
        json_patch_merge(&mut object, &extra);
        Object::new(object)
    }

    fn json_patch_merge(into: &mut Value, from: &Value) {
        match (into, from) {
            (Value::Object(into), Value::Object(from)) => {
                for (key, value) in from {
                    json_patch_merge(into.entry(key).or_insert(Value::Null), value);
                }
            }
            (into, from) => *into = from.clone(),
        }
    }

    /// A rolled out helm-controller with an old and a new ReplicaSet, and a Pod of each.
    fn world(holder: &str, old_is_leaving: bool) -> Controllers {
        let revision = |n: &str| json!({"metadata": {"annotations": {"deployment.kubernetes.io/revision": n}}});
        let mut deployment = revision("2");
        json_patch_merge(
            &mut deployment,
            &json!({"metadata": {"generation": 2}, "status": {
            "observedGeneration": 2, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}}),
        );
        let leaving = if old_is_leaving { json!({"metadata": {"deletionTimestamp": "now"}}) } else { json!({}) };
        Controllers {
            deployments: [owned("Deployment", "helm-controller", "", deployment)].into_iter().collect(),
            replica_sets: [
                owned("ReplicaSet", "old", "helm-controller", revision("1")),
                owned("ReplicaSet", "new", "helm-controller", revision("2")),
            ]
            .into_iter()
            .collect(),
            pods: [owned("Pod", "old-a", "old", leaving), owned("Pod", "new-b", "new", json!({}))]
                .into_iter()
                .collect(),
            leases: [owned(
                "Lease",
                "helm-controller-leader-election",
                "",
                json!({"spec": {"holderIdentity": holder}}),
            )]
            .into_iter()
            .collect(),
            ..Controllers::default()
        }
    }

    fn trouble(controllers: &Controllers, unchanged: u64) -> Option<String> {
        controllers.trouble(Component::Helm, "helm-controller", Duration::from_secs(unchanged))
    }

    #[test]
    fn the_old_leader_that_still_answers_is_outgoing() {
        let seen = trouble(&world("old-a_123", true), 0).unwrap();
        assert_eq!(seen, "the leader of helm-controller is still pod old-a, which is on its way out");
        assert!(trouble(&world("old-a_123", false), 0).unwrap().contains("on its way out"));
    }

    #[test]
    fn a_pod_of_the_newest_replica_set_leads() {
        assert_eq!(trouble(&world("new-b_123", true), 0), None);
    }

    #[test]
    fn a_lease_of_a_pod_that_is_gone_is_nobodys() {
        assert!(trouble(&world("lost-c_123", true), 0).unwrap().contains("until it runs out"));
        assert!(trouble(&world("", true), 0).unwrap().contains("none of its Pods is leader"));
    }

    #[test]
    fn source_controller_is_not_ready_because_a_pod_that_is_gone_holds_its_lease() {
        let deployment = json!({"metadata": {"generation": 1, "annotations": {"deployment.kubernetes.io/revision": "1"}},
            "spec": {"replicas": 1}, "status": {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1,
            "unavailableReplicas": 1}});
        let lease = json!({"spec": {"holderIdentity": "lost_123"}});
        let set = json!({"metadata": {"annotations": {"deployment.kubernetes.io/revision": "1"}}});
        let seen = Controllers {
            deployments: [owned("Deployment", "source-controller", "", deployment)].into_iter().collect(),
            replica_sets: [owned("ReplicaSet", "set", "source-controller", set)].into_iter().collect(),
            pods: [owned("Pod", "waits", "set", json!({"status": {"phase": "Running"}}))].into_iter().collect(),
            leases: [owned("Lease", "source-controller-leader-election", "", lease)].into_iter().collect(),
            ..Controllers::default()
        };
        let trouble = seen.trouble(Component::Source, "source-controller", Duration::ZERO).unwrap();
        assert!(trouble.ends_with("pod lost, which is gone, still holds its Lease"), "{trouble}");
    }

    #[test]
    fn a_leader_that_does_not_renew_its_lease_is_frozen() {
        assert!(trouble(&world("new-b_1", true), 21).unwrap().contains("frozen"));
    }

    #[test]
    fn a_lease_that_is_far_behind_the_others_is_held_by_a_frozen_process() {
        let with_other = |renewed: &str| {
            let lease = |name: &str, holder: &str, renewed: &str| {
                owned("Lease", name, "", json!({"spec": {"holderIdentity": holder, "renewTime": renewed}}))
            };
            Controllers {
                leases: [
                    lease("helm-controller-leader-election", "new-b_1", "2026-01-01T00:00:00.000000Z"),
                    lease("source-controller-leader-election", "other_1", renewed),
                ]
                .into_iter()
                .collect(),
                ..world("", true)
            }
        };
        assert_eq!(trouble(&with_other("2026-01-01T00:00:59.000000Z"), 0), None);
        assert!(trouble(&with_other("2026-01-01T00:01:00.000000Z"), 0).unwrap().contains("frozen"));
    }

    #[test]
    fn a_lease_is_quiet_since_it_was_last_seen_to_change() {
        let lease = |version: &str| {
            let lease = json!({"kind": "Lease", "metadata": {"name": "l", "resourceVersion": version}});
            let leases: Collection = [Object::new(lease)].into_iter().collect();
            [Collection::default(), Collection::default(), Collection::default(), leases]
        };
        let at = |second| Timestamp::from_second(second).unwrap();
        let first = Controllers::from_parts(&lease("1"), &BTreeMap::new(), at(100));
        let same = Controllers::from_parts(&lease("1"), &first.renewed, at(115));
        assert_eq!(same.quiet_for("l", Duration::from_secs(5)), SignedDuration::from_secs(20));
        let renewed = Controllers::from_parts(&lease("2"), &same.renewed, at(116));
        assert_eq!(renewed.quiet_for("l", Duration::ZERO), SignedDuration::ZERO);
    }

    #[test]
    fn an_image_has_a_name() {
        assert_eq!(image_name("ghcr.io:443/fluxcd/helm-controller:v1.6.3@sha256:ab"), "helm-controller");
    }
}
