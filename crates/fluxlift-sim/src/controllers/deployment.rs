//! The Deployment controller: a ReplicaSet for each template, rolled over by the Deployment's strategy.

use std::sync::Arc;

use serde_json::{Value, json};

use super::conditions;
use super::object::{annotation, controlled_by, generation, is_deleting, key, label, number, owner, text};
use super::template::{HASH, hash};
use super::{Outcome, Pass, Passed};
use crate::kube::{GroupResource, Status};

/// The annotation that counts a Deployment's templates.
const REVISION: &str = "deployment.kubernetes.io/revision";

/// Brings the ReplicaSets and the status of a Deployment up to date.
pub(super) fn reconcile(pass: &mut Pass<'_>) -> Passed {
    let Some(deployment) = pass.object().filter(|deployment| !is_deleting(deployment)) else {
        return Ok(Outcome::Done);
    };
    let name = pass.key.name.clone();
    let sets: Vec<Arc<Value>> = pass
        .list(&GroupResource::REPLICA_SETS, pass.key.namespace.as_deref())
        .into_iter()
        .filter(|set| owner(set, "Deployment") == Some(&name))
        .collect();
    let hash = hash(&deployment);
    let (current, old): (Vec<_>, Vec<_>) = sets.iter().cloned().partition(|set| label(set, HASH) == Some(&hash));
    let wanted = number(&deployment, "/spec/replicas").unwrap_or(1);
    let paused = super::object::flag(&deployment, "/spec/paused");
    let recreate = text(&deployment, "/spec/strategy/type") == "Recreate";
    let old_pods: i64 = old.iter().map(|set| number(set, "/status/replicas").unwrap_or(0)).sum();
    let old_wanted = old.iter().any(|set| number(set, "/spec/replicas") != Some(0));
    match current.first() {
        // Recreate: nothing of the new template before the last Pod of the old one is gone.
        _ if paused => {}
        None if recreate && (old_wanted || old_pods > 0) => {}
        None => create(pass, &deployment, &hash, wanted, newest(&sets) + 1)?,
        // Back to an earlier template: its ReplicaSet becomes the newest revision again.
        Some(set) if revision(set) < newest(&sets) => number_anew(pass, set, newest(&sets) + 1)?,
        Some(set) if number(set, "/spec/replicas") != Some(wanted) => scale(pass, set, wanted)?,
        Some(_) => {}
    }
    // RollingUpdate with its defaults and one replica: the old Pod stays until the new one is Ready.
    let ready = current.first().and_then(|set| number(set, "/status/readyReplicas")).unwrap_or(0);
    if !paused && (recreate || (ready >= wanted && !current.is_empty())) {
        for set in old.iter().filter(|set| number(set, "/spec/replicas") != Some(0)) {
            scale(pass, set, 0)?;
        }
    }
    report(pass, &deployment, current.first().map(Arc::as_ref), &old, wanted)?;
    Ok(Outcome::Done)
}

fn create(pass: &mut Pass<'_>, deployment: &Value, hash: &str, replicas: i64, revision: u64) -> Result<(), Status> {
    let mut template = deployment["spec"]["template"].clone();
    template["metadata"]["labels"][HASH] = json!(hash);
    let mut selector = deployment["spec"]["selector"].clone();
    selector["matchLabels"][HASH] = json!(hash);
    let revision = revision.to_string();
    pass.create(
        &GroupResource::REPLICA_SETS,
        json!({"apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": {"name": format!("{}-{hash}", pass.key.name), "namespace": pass.key.namespace,
                "labels": template["metadata"]["labels"], "annotations": {REVISION: revision},
                "ownerReferences": controlled_by(deployment)},
            "spec": {"replicas": replicas, "selector": selector, "template": template}}),
    )?;
    let key = pass.key.clone();
    pass.modify(&key, |deployment| deployment["metadata"]["annotations"][REVISION] = json!(revision)).map(drop)
}

/// The number of a ReplicaSet's template.
fn revision(set: &Value) -> u64 {
    annotation(set, REVISION).and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn newest(sets: &[Arc<Value>]) -> u64 {
    sets.iter().map(|set| revision(set)).max().unwrap_or(0)
}

fn number_anew(pass: &mut Pass<'_>, set: &Value, revision: u64) -> Result<(), Status> {
    let own = pass.key.clone();
    for key in [key(&GroupResource::REPLICA_SETS, set), own] {
        pass.modify(&key, |object| object["metadata"]["annotations"][REVISION] = json!(revision.to_string()))?;
    }
    Ok(())
}

fn scale(pass: &mut Pass<'_>, set: &Value, replicas: i64) -> Result<(), Status> {
    pass.modify(&key(&GroupResource::REPLICA_SETS, set), |set| set["spec"]["replicas"] = json!(replicas)).map(drop)
}

/// Writes the status; `observedGeneration` says for which spec it counts.
fn report(
    pass: &mut Pass<'_>,
    deployment: &Value,
    current: Option<&Value>,
    old: &[Arc<Value>],
    wanted: i64,
) -> Result<(), Status> {
    let of = |set: &Value, field: &str| number(set, &format!("/status/{field}")).unwrap_or(0);
    let all = |field: &str| current.map_or(0, |set| of(set, field)) + old.iter().map(|set| of(set, field)).sum::<i64>();
    let (replicas, ready) = (all("replicas"), all("readyReplicas"));
    let updated = current.map_or(0, |set| of(set, "replicas"));
    let complete = updated == wanted && replicas == wanted && ready >= wanted;
    let (now, observed) = (pass.now(), generation(deployment));
    let set_name = current.map_or_else(String::new, |set| text(set, "/metadata/name").to_owned());
    pass.status(|status| {
        status["observedGeneration"] = json!(observed);
        let counts = [
            ("replicas", replicas),
            ("updatedReplicas", updated),
            ("readyReplicas", ready),
            ("availableReplicas", ready),
            ("unavailableReplicas", (wanted - ready).max(0)),
        ];
        for (field, count) in counts {
            match (count, status.as_object_mut()) {
                (0, Some(status)) => drop(status.remove(field)),
                (count, _) => status[field] = json!(count),
            }
        }
        let available = if ready >= wanted {
            ["True", "MinimumReplicasAvailable", "Deployment has minimum availability."]
        } else {
            ["False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability."]
        };
        condition(status, now, "Available", available);
        let progressing = if complete {
            ["True", "NewReplicaSetAvailable", &format!("ReplicaSet \"{set_name}\" has successfully progressed.")]
        } else {
            ["True", "ReplicaSetUpdated", &format!("ReplicaSet \"{set_name}\" is progressing.")]
        };
        condition(status, now, "Progressing", progressing);
    })
}

/// A Deployment's conditions carry `lastUpdateTime` and no generation.
fn condition(status: &mut Value, now: fluxlift_core::Timestamp, kind: &str, words: [&str; 3]) {
    let held = status["conditions"].as_array().and_then(|list| list.iter().find(|c| c["type"] == kind)).cloned();
    let same =
        held.as_ref().is_some_and(|c| c["status"] == words[0] && c["reason"] == words[1] && c["message"] == words[2]);
    if same {
        return;
    }
    conditions::set(status, now, 0, kind, words);
    let written = status["conditions"].as_array_mut().and_then(|list| list.iter_mut().find(|c| c["type"] == kind));
    if let Some(map) = written.and_then(Value::as_object_mut) {
        map.remove("observedGeneration");
        map.insert("lastUpdateTime".to_owned(), json!(conditions::moment(now)));
    }
}
