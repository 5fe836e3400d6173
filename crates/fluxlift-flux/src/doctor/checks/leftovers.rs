//! Nothing that `flux bootstrap` left reconciles beside the FluxInstance.

use fluxlift_kube::Object;

use crate::annotation::INSTANCE_NAME;
use crate::doctor::ids::BOOTSTRAP_LEFTOVER;
use crate::doctor::{Finding, Judged, Read, Severity};
use crate::kinds::NAMESPACE;
use crate::leftover::is_root;
use crate::{Component, Controllers};

pub(super) fn judge(
    sources: &Read<Vec<Object>>,
    kustomizations: &Read<Vec<Object>>,
    controllers: &Read<Controllers>,
    instance: &Read<Option<Object>>,
) -> Read<Judged> {
    let ours = |object: &&Object| object.namespace() == Some(NAMESPACE) && is_root(object);
    let roots: Vec<&Object> = kustomizations.as_ref()?.iter().filter(ours).collect();
    // A source that nothing of that kind follows prunes nothing, whoever made it.
    let followed = |source: &&Object| roots.iter().any(|root| follows(root, source));
    let sources: Vec<&Object> = sources.as_ref()?.iter().filter(ours).filter(followed).collect();
    let controllers = controllers.as_ref()?;
    let unowned = Component::ALL.into_iter().flat_map(|component| controllers.deployments_of(component));
    let unowned = unowned.filter(|deployment| deployment.label(INSTANCE_NAME).is_none());
    // With an instance there are two managers; without one there is one, and it is not the operator.
    let severity = if instance.as_ref()?.is_some() { Severity::Error } else { Severity::Warning };
    let mut judged = Judged::default();
    for left in roots.into_iter().chain(sources).chain(unowned) {
        let seen = "no FluxInstance owns it: `flux bootstrap`, or somebody by hand, has made it";
        let act = "hand it over: `fluxlift migrate`; do not delete it, which would prune what it applied";
        judged.push(Finding::new(BOOTSTRAP_LEFTOVER, severity, seen, act).about(left.title()));
    }
    if judged.findings.is_empty() {
        judged.saw("no root Kustomization, source or controller without an owner");
    }
    Ok(judged)
}

fn follows(root: &Object, source: &Object) -> bool {
    let of = root.at("/spec/sourceRef");
    of["kind"] == source.kind()
        && of["name"] == source.name()
        && of["namespace"].as_str().is_none_or(|it| it == NAMESPACE)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn object(kind: &str, name: &str, labels: Value) -> Object {
        Object::new(json!({"kind": kind, "metadata": {"name": name, "namespace": "flux-system", "labels": labels}}))
    }

    fn judged(root: Value, deployment: Value, instance: Option<Object>) -> Judged {
        judge(
            &Ok(Vec::new()),
            &Ok(vec![object("Kustomization", "flux-system", root)]),
            &Ok(Controllers::of_deployments([object("Deployment", "helm-controller", deployment)])),
            &Ok(instance),
        )
        .unwrap()
    }

    #[test]
    fn what_the_instance_owns_is_fine() {
        let owned = json!({"fluxcd.controlplane.io/name": "flux"});
        assert!(judged(owned.clone(), owned, Some(Object::default())).findings.is_empty());
    }

    #[test]
    fn a_source_by_hand_is_a_leftover_only_when_such_a_root_follows_it() {
        let source = |name| object("GitRepository", name, json!({}));
        let mut root = object("Kustomization", "flux-system", json!({})).json().clone();
        root["spec"] = json!({"sourceRef": {"kind": "GitRepository", "name": "flux-system"}});
        let all = Ok(vec![source("flux-system"), source("by-hand")]);
        let none = Ok(Controllers::default());
        let found = judge(&all, &Ok(vec![Object::new(root)]), &none, &Ok(None)).unwrap().findings;
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(found[1].object.as_deref(), Some("gitrepository/flux-system/flux-system"));
    }

    #[test]
    fn a_root_that_is_labelled_as_its_own_is_not_taken_for_an_owned_one() {
        let own = json!({"kustomize.toolkit.fluxcd.io/name": "flux-system"});
        let found = judged(own.clone(), own.clone(), Some(Object::default())).findings;
        let objects: Vec<&str> = found.iter().filter_map(|finding| finding.object.as_deref()).collect();
        assert_eq!(objects, ["kustomization/flux-system/flux-system", "deployment/flux-system/helm-controller"]);
        assert_eq!(found[0].severity, Severity::Error);
        assert_eq!(judged(own.clone(), own, None).findings[0].severity, Severity::Warning);
    }
}
