//! Pods reach what they fetch from: as far as source-controller itself says so.

use fluxlift_kube::Object;

use crate::doctor::ids::SOURCE_UNREACHABLE;
use crate::doctor::{Finding, Judged, Read};
use crate::ready::Readiness;
use crate::{Component, Controllers};

pub(super) fn judge(sources: &Read<Vec<Object>>, controllers: &Read<Controllers>) -> Read<Judged> {
    let sources = sources.as_ref()?;
    let counted: Vec<&Object> = sources.iter().filter(|source| is_fetched(source)).collect();
    if counted.is_empty() {
        return Ok(Judged::absent(
            "no source is there yet: that Pods reach the Git host and the registries is shown by the first fetch",
        ));
    }
    let controllers = controllers.as_ref()?;
    let mut judged = Judged::default();
    if !at_work(controllers) {
        judged.not_known("source-controller has no living leader: what the sources say is old");
    }
    let mut fetched = 0;
    for source in &counted {
        match Readiness::of(source) {
            Readiness::Ready(_) => fetched += 1,
            Readiness::NotReady(ready) if ready.status() == "False" => {
                let act = format!(
                    "read the message: a name or a timeout is DNS or the network, 401 and 403 the pull secret; then \
                     `kubectl annotate --overwrite -n {} {}/{} reconcile.fluxcd.io/requestedAt=now`",
                    source.namespace().unwrap_or_default(),
                    source.kind().to_lowercase(),
                    source.name()
                );
                judged.push(Finding::error(SOURCE_UNREACHABLE, ready.to_string(), act).about(source.title()));
            }
            other => judged.not_known(format!("{}: {other}", source.title())),
        }
    }
    judged.saw(format!("{fetched} of {} sources were fetched at their generation", counted.len()));
    Ok(judged)
}

/// Neither suspended, nor of a kind that is never fetched, nor our own.
fn is_fetched(source: &Object) -> bool {
    let never = source.flag("/spec/suspend") || source.text("/spec/type") == Some("oci");
    !never && source.label(crate::canary::LABEL).is_none()
}

fn at_work(controllers: &Controllers) -> bool {
    let mut deployments = controllers.deployments_of(Component::Source);
    deployments.any(|found| controllers.trouble(Component::Source, found.name(), std::time::Duration::ZERO).is_none())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::doctor::Severity;

    fn source(spec: Value, observed: i64, status: &str) -> Object {
        let message = "unable to clone: dial tcp: lookup git.example.org: i/o timeout";
        Object::new(
            json!({"kind": "GitRepository", "metadata": {"name": "x", "namespace": "flux-system", "generation": 2},
            "spec": spec, "status": {"observedGeneration": observed, "conditions": [
                {"type": "Ready", "status": status, "reason": "GitOperationFailed", "message": message}]}}),
        )
    }

    fn ids(sources: Vec<Object>) -> Vec<(&'static str, Severity)> {
        let judged = judge(&Ok(sources), &Ok(Controllers::with_a_source_controller())).unwrap();
        judged.findings.iter().map(|finding| (finding.id, finding.severity)).collect()
    }

    #[test]
    fn a_source_that_was_fetched_at_its_generation_is_fine() {
        assert!(ids(vec![source(Value::Null, 2, "True"), source(json!({"suspend": true}), -1, "False")]).is_empty());
        assert!(judge(&Ok(Vec::new()), &Ok(Controllers::default())).unwrap().absent.is_some());
    }

    #[test]
    fn one_that_cannot_be_fetched_is_an_error_with_its_message() {
        assert_eq!(ids(vec![source(Value::Null, 2, "False")]), [("source-unreachable", Severity::Error)]);
    }

    #[test]
    fn an_older_success_and_the_words_of_a_dead_controller_show_nothing() {
        assert_eq!(ids(vec![source(Value::Null, 1, "True")]), [("not-known", Severity::Unknown)]);
        let judged = judge(&Ok(vec![source(Value::Null, 2, "True")]), &Ok(Controllers::default())).unwrap();
        assert_eq!(judged.findings[0].severity, Severity::Unknown);
    }
}
