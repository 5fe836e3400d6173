//! flux-operator is there and at work, wherever something needs it.

use fluxlift_kube::Object;

use crate::Controllers;
use crate::doctor::ids::{OPERATOR_MISSING, OPERATOR_NOT_READY};
use crate::doctor::{Finding, Judged, Read};
use crate::kinds::NAMESPACE;
use crate::status::{not_rolled_out, operator};

pub(super) fn judge(controllers: &Read<Controllers>, instance: &Read<Option<Object>>) -> Read<Judged> {
    let controllers = controllers.as_ref()?;
    let Some(found) = operator(controllers) else {
        return Ok(match instance.as_ref()? {
            None => Judged::absent(format!("there is no flux-operator in {NAMESPACE}, and no FluxInstance to act on")),
            Some(instance) => {
                let act = "install it again, at the version that it had: `fluxlift bootstrap`, or its Helm chart";
                let seen = format!("{} is there, and no flux-operator in {NAMESPACE}", instance.title());
                Judged::found(Finding::error(OPERATOR_MISSING, seen, act))
            }
        });
    };
    Ok(match not_rolled_out(controllers, found) {
        None => Judged::fine(format!("{} is rolled out", found.title())),
        Some(trouble) => {
            let logs = format!("kubectl logs -n {NAMESPACE} deployment/{} --tail=50", found.name());
            let seen = format!("{} is not rolled out: {trouble}", found.title());
            Judged::found(Finding::error(OPERATOR_NOT_READY, seen, format!("`{logs}`")).about(found.title()))
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn operator(status: Value) -> Controllers {
        let deployment =
            Object::new(json!({"kind": "Deployment", "metadata": {"name": "flux-operator", "namespace": "flux-system",
            "generation": 2, "uid": "o"}, "spec": {"replicas": 1}, "status": status}));
        Controllers::of_deployments([deployment])
    }

    fn instance() -> Option<Object> {
        Some(Object::new(json!({"kind": "FluxInstance", "metadata": {"name": "flux", "namespace": "flux-system"}})))
    }

    #[test]
    fn one_that_is_rolled_out_is_fine_and_before_a_bootstrap_none_is_needed() {
        let status = json!({"observedGeneration": 2, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1});
        assert!(judge(&Ok(operator(status)), &Ok(instance())).unwrap().findings.is_empty());
        assert!(judge(&Ok(Controllers::default()), &Ok(None)).unwrap().absent.is_some());
    }

    #[test]
    fn an_instance_without_an_operator_is_an_error() {
        let found = judge(&Ok(Controllers::default()), &Ok(instance())).unwrap().findings;
        assert_eq!(found[0].id, "operator-missing");
    }

    #[test]
    fn one_that_was_available_before_its_last_change_is_not_ready() {
        let old = json!({"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1,
            "conditions": [{"type": "Available", "status": "True"}]});
        let found = judge(&Ok(operator(old)), &Ok(instance())).unwrap().findings;
        assert_eq!(found[0].id, "operator-not-ready");
    }
}
