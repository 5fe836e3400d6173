//! The cluster's DNS answers.

use fluxlift_kube::{Collection, Object};

use crate::doctor::ids::DNS_NOT_READY;
use crate::doctor::{Finding, Judged, Read};
use crate::ready::Readiness;

/// What a resolver says when it has no answer, in Go's words.
const NO_ANSWER: [&str; 3] = ["no such host", "server misbehaving", "Temporary failure in name resolution"];

const LOOK: &str = "see why it does not run: `kubectl get pods -n kube-system -l k8s-app=kube-dns -o wide`";

pub(super) fn judge(pods: &Read<Collection>, kustomizations: &Read<Vec<Object>>) -> Read<Judged> {
    let pods = pods.as_ref()?;
    if let Ok(all) = kustomizations
        && let Some((object, said)) = all.iter().find_map(unresolved)
    {
        return Ok(Judged::found(Finding::error(DNS_NOT_READY, said, LOOK).about(object)));
    }
    let is_ready =
        |pod: &&Object| !pod.is_terminating() && pod.condition("Ready").is_some_and(|condition| condition.is_true());
    let ready = pods.iter().filter(is_ready).count();
    if !pods.is_empty() {
        let seen = format!("{ready} of {} Pods of the cluster's DNS are Ready", pods.len());
        return Ok(match ready {
            0 => Judged::found(Finding::error(DNS_NOT_READY, seen, LOOK)),
            _ => Judged::fine(seen),
        });
    }
    // It may run under another name. Whoever has fetched from source-controller has found it by name.
    let fetched = kustomizations.as_ref().ok().and_then(|all| all.iter().find(|object| has_fetched(object)));
    Ok(match fetched {
        Some(object) => Judged::fine(format!(
            "no Pod in kube-system is labelled k8s-app=kube-dns, and {} was fetched from source-controller by name",
            object.title()
        )),
        None => {
            let mut judged = Judged::default();
            judged.not_known(
                "no Pod in kube-system is labelled k8s-app=kube-dns, and nothing yet shows that names are resolved",
            );
            judged
        }
    })
}

/// A Kustomization that is Ready at its generation and has applied something: its controller downloads the artifact
/// from `source-controller.flux-system.svc` in each of its passes.
fn has_fetched(object: &Object) -> bool {
    Readiness::of(object).is_ready()
        && !object.flag("/spec/suspend")
        && object.text("/status/lastAppliedRevision").is_some()
}

fn unresolved(object: &Object) -> Option<(String, String)> {
    let ready = object.condition("Ready").filter(|ready| !ready.is_true())?;
    let names_ours = ready.message().contains("source-controller.");
    let failed = names_ours && NO_ANSWER.iter().any(|words| ready.message().contains(words));
    failed.then(|| (object.title(), ready.to_string()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::doctor::Severity;

    fn pod(ready: &str) -> Object {
        Object::new(json!({"kind": "Pod", "metadata": {"name": format!("coredns-{ready}"), "namespace": "kube-system"},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": ready}]}}))
    }

    fn kustomization(observed: i64, status: &str, message: &str) -> Object {
        let condition: Value = json!({"type": "Ready", "status": status, "message": message});
        Object::new(
            json!({"kind": "Kustomization", "metadata": {"name": "apps", "namespace": "flux-system", "generation": 1},
            "status": {"observedGeneration": observed, "lastAppliedRevision": "main@sha1:1", "conditions": [condition]}}),
        )
    }

    fn judged(pods: &[Object], kustomizations: Vec<Object>) -> Judged {
        judge(&Ok(pods.iter().cloned().collect()), &Ok(kustomizations)).unwrap()
    }

    #[test]
    fn one_ready_pod_of_two_is_enough() {
        assert!(judged(&[pod("True"), pod("False")], Vec::new()).findings.is_empty());
    }

    #[test]
    fn pods_that_run_and_are_not_ready_are_not_taken_for_a_dns() {
        assert_eq!(judged(&[pod("False")], Vec::new()).findings[0].id, "dns-not-ready");
    }

    #[test]
    fn ready_pods_do_not_outweigh_a_name_that_is_not_resolved() {
        let said = "lookup source-controller.flux-system.svc.cluster.local. on 10.96.0.10:53: no such host";
        let found = judged(&[pod("True")], vec![kustomization(1, "False", said)]).findings;
        assert_eq!(found[0].object.as_deref(), Some("kustomization/flux-system/apps"));
    }

    #[test]
    fn without_such_pods_only_a_fetch_of_this_generation_shows_that_names_are_resolved() {
        assert!(judged(&[], vec![kustomization(1, "True", "")]).findings.is_empty());
        assert_eq!(judged(&[], vec![kustomization(0, "True", "")]).findings[0].severity, Severity::Unknown);
        assert_eq!(judged(&[], Vec::new()).findings[0].severity, Severity::Unknown);
    }
}
