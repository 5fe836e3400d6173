//! Each controller has a leader that lives.

use std::time::Duration;

use fluxlift_core::Timestamp;
use fluxlift_core::deadline::human_duration;
use fluxlift_kube::{Object, Pulse};
use jiff::SignedDuration;

use crate::controllers::Leader;
use crate::doctor::ids::CONTROLLER_WITHOUT_LEADER;
use crate::doctor::{Finding, Judged, Read};
use crate::kinds::NAMESPACE;
use crate::{Component, Controllers, instance};

/// A Lease lasts for 35 s and is renewed every few: after this long nobody can be alive behind it.
const DEAD: SignedDuration = SignedDuration::from_secs(60);

pub(super) fn judge(
    controllers: &Read<Controllers>,
    instance: &Read<Option<Object>>,
    api: &Read<Pulse>,
) -> Read<Judged> {
    let controllers = controllers.as_ref()?;
    let wanted: Vec<Component> = instance.as_ref()?.as_ref().map(instance::components).unwrap_or_default();
    // Both are the cluster's own times.
    let now = api.as_ref().ok().and_then(|pulse| pulse.date);
    let (mut judged, mut alive) = (Judged::default(), Vec::new());
    for component in Component::ALL {
        let mut names: Vec<&str> = controllers.deployments_of(component).map(Object::name).collect();
        if names.is_empty() && wanted.contains(&component) {
            names.push(component.name());
        }
        for name in names {
            let trouble = controllers.trouble(component, name, Duration::ZERO);
            match trouble.or_else(|| silent(controllers, component, name, now?)) {
                None => alive.push(name.to_owned()),
                Some(trouble) => {
                    let act = format!(
                        "`kubectl logs -n {NAMESPACE} deployment/{name} --tail=50`, then `kubectl rollout \
                                       restart -n {NAMESPACE} deployment/{name}` unless a Helm action runs"
                    );
                    let about = format!("deployment/{NAMESPACE}/{name}");
                    judged.push(Finding::error(CONTROLLER_WITHOUT_LEADER, trouble, act).about(about));
                }
            }
        }
    }
    if judged.findings.is_empty() && alive.is_empty() {
        return Ok(Judged::absent("there are no controllers of Flux"));
    }
    if now.is_none() {
        judged.not_known(
            "the cluster's time: a leader that has stopped to renew its Lease cannot be told from one that has not",
        );
    }
    if !alive.is_empty() {
        judged.saw(format!("a current leader renews the Lease of {}", alive.join(", ")));
    }
    Ok(judged)
}

/// Why the leader cannot be alive, by the time of its last renewal.
fn silent(controllers: &Controllers, component: Component, name: &str, now: Timestamp) -> Option<String> {
    let Leader::Current { pod, lease } = controllers.leader(component, controllers.deployment(name)?) else {
        return None;
    };
    let renewed = controllers.lease(&lease).and_then(|lease| lease.text("/spec/renewTime")?.parse().ok());
    let Some(renewed): Option<Timestamp> = renewed else {
        return Some(format!("pod {pod} holds lease {lease}, which does not say when it was last renewed"));
    };
    let quiet = now.duration_since(renewed);
    let ago = || human_duration(quiet.unsigned_abs());
    (quiet >= DEAD).then(|| {
        format!("pod {pod} holds lease {lease} and last renewed it {} ago: the process is frozen or cut off", ago())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn world(holder: &str, renewed: &str) -> Controllers {
        let at = |kind: &str, name: &str, owner: &str| {
            json!({"kind": kind, "metadata": {"name": name, "namespace": "flux-system", "uid": name,
                "annotations": {"deployment.kubernetes.io/revision": "1"}, "ownerReferences": [{"uid": owner}]}})
        };
        let mut deployment = at("Deployment", "helm-controller", "");
        deployment["metadata"]["generation"] = json!(1);
        deployment["status"] =
            json!({"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1});
        let mut lease = at("Lease", "helm-controller-leader-election", "");
        lease["spec"] = json!({"holderIdentity": holder, "renewTime": renewed});
        let parts = [deployment, at("ReplicaSet", "set", "helm-controller"), at("Pod", "pod", "set"), lease];
        Controllers::of_parts(parts.map(|part| [Object::new(part)].into_iter().collect()))
    }

    fn judged(holder: &str, renewed: &str) -> Judged {
        let date = "2026-11-23T22:00:00Z".parse().ok();
        let pulse = Pulse { status: 200_u16.try_into().unwrap(), failing: Vec::new(), date, at: Timestamp::UNIX_EPOCH };
        judge(&Ok(world(holder, renewed)), &Ok(None), &Ok(pulse)).unwrap()
    }

    #[test]
    fn a_living_pod_that_renews_its_lease_is_fine() {
        assert!(judged("pod_1", "2026-11-23T21:59:55Z").findings.is_empty());
        let none = judge(&Ok(Controllers::default()), &Ok(None), &Err(crate::doctor::Unread::because("x"))).unwrap();
        assert!(none.absent.is_some());
    }

    #[test]
    fn a_deployment_that_is_available_does_not_stand_in_for_a_leader_that_is_gone_or_frozen() {
        assert!(judged("lost_1", "2026-11-23T21:59:55Z").findings[0].seen.contains("is gone"));
        let frozen = judged("pod_1", "2026-11-23T21:50:00Z").findings;
        assert!(frozen[0].seen.contains("last renewed it 10m00s ago"), "{}", frozen[0].seen);
    }
}
