//! Who leads: the holder of a Lease, if it is a Pod that its Deployment would make today.

use super::Breach;
use super::breach::ensure;
use crate::history::{Happening, Scene};

/// Where the controllers are.
const NAMESPACE: &str = "flux-system";
/// How the Deployment's controller numbers what it rolls out.
const REVISION: &str = "deployment.kubernetes.io/revision";

/// The Lease of `deployment` is held by one of its Pods, and that is there, not on its way out, and of its newest
/// ReplicaSet.
///
/// # Errors
/// Names the Pod that leads instead.
pub(super) fn leads(scene: &Scene<'_>, deployment: &str) -> Result<(), Breach> {
    let missing = || Breach(format!("there is no deployment {deployment} to be led"));
    let of_it = *scene.get(format!("deployments/{NAMESPACE}/{deployment}").as_str()).ok_or_else(missing)?;
    let sets: Vec<&Happening> = below(scene, "replicasets").filter(|set| is_owned(set, of_it)).collect();
    let newest =
        sets.iter().find(|set| set.annotation(REVISION).is_some_and(|is| of_it.annotation(REVISION) == Some(is)));
    let mut led = false;
    for lease in below(scene, "leases").filter(|lease| lease.key.contains("-leader-election")) {
        let holder = lease.text("/spec/holderIdentity").and_then(|identity| identity.split('_').next());
        let pod = holder.and_then(|pod| scene.get(format!("pods/{NAMESPACE}/{pod}").as_str()).copied());
        let Some(pod) = pod.filter(|pod| sets.iter().any(|set| is_owned(pod, set))) else { continue };
        ensure(pod.text("/metadata/deletionTimestamp").is_none(), || {
            format!("the leader of {deployment} is {}, which is on its way out", pod.key)
        })?;
        ensure(newest.is_some_and(|newest| is_owned(pod, newest)), || {
            format!("the leader of {deployment} is {}, which is not of its newest ReplicaSet", pod.key)
        })?;
        led = true;
    }
    ensure(led, || format!("no Pod of {deployment} holds its Lease"))
}

fn below<'a>(scene: &Scene<'a>, kind: &str) -> impl Iterator<Item = &'a Happening> {
    let prefix = format!("{kind}/{NAMESPACE}/");
    scene.values().copied().filter(move |seen| seen.key.starts_with(&prefix))
}

fn is_owned(owned: &Happening, owner: &Happening) -> bool {
    let owners = owned.object.as_ref().and_then(|object| object.pointer("/metadata/ownerReferences")?.as_array());
    let uid = owner.text("/metadata/uid");
    owners.into_iter().flatten().any(|reference| uid.is_some() && reference["uid"].as_str() == uid)
}
