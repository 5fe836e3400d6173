//! The operator has applied the FluxInstance as it is now, and somebody has proven it.

use fluxlift_kube::Object;

use crate::annotation::UNPROVEN;
use crate::doctor::ids::{CHANGE_UNPROVEN, INSTANCE_NOT_READY};
use crate::doctor::{Finding, Judged, Read};
use crate::ready::Readiness;

pub(super) fn judge(instance: &Read<Option<Object>>) -> Read<Judged> {
    let Some(instance) = instance.as_ref()? else { return Ok(Judged::absent("there is no FluxInstance")) };
    let mut judged = Judged::default();
    let describe = format!("kubectl describe -n flux-system {}", instance.title().replace("/flux-system/", "/"));
    match Readiness::of_instance(instance) {
        _ if instance.is_terminating() => {
            let seen = "it is being deleted: the operator uninstalls Flux";
            judged.push(Finding::error(INSTANCE_NOT_READY, seen, format!("`{describe}`")).about(instance.title()));
        }
        Readiness::Ready(_) => {
            judged.saw(format!("{} is Ready at generation {}", instance.title(), instance.generation()))
        }
        other => {
            let act = format!("see what the operator says: `{describe}`, `fluxlift status`");
            judged.push(Finding::error(INSTANCE_NOT_READY, other.to_string(), act).about(instance.title()));
        }
    }
    if instance.annotation(UNPROVEN).is_some() {
        let seen = "a run changed it and ended before its controllers were proven";
        let act = "`fluxlift resume`, or `fluxlift status --canaries` for the proof alone";
        judged.push(Finding::warning(CHANGE_UNPROVEN, seen, act).about(instance.title()));
    }
    Ok(judged)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn judged(observed: i64, status: &str, annotations: Value) -> Judged {
        let condition = json!({"type": "Ready", "status": status, "observedGeneration": observed});
        judge(&Ok(Some(Object::new(
            json!({"kind": "FluxInstance", "metadata": {"name": "flux", "namespace": "flux-system",
            "generation": 3, "annotations": annotations}, "status": {"conditions": [condition]}}),
        ))))
        .unwrap()
    }

    #[test]
    fn one_that_is_ready_at_its_generation_is_fine() {
        assert!(judged(3, "True", Value::Null).findings.is_empty());
        assert!(judge(&Ok(None)).unwrap().absent.is_some());
    }

    #[test]
    fn the_success_of_an_older_generation_does_not_count() {
        let found = judged(2, "True", Value::Null).findings;
        assert_eq!((found[0].id, found[0].seen.as_str()), ("instance-not-ready", "only generation 2 is observed"));
    }

    #[test]
    fn a_change_that_nobody_has_proven_is_told_although_it_is_ready() {
        assert_eq!(judged(3, "True", json!({"fluxlift.dev/unproven": "true"})).findings[0].id, "change-unproven");
    }
}
