//! The controllers keep up with what there is to do.

use std::collections::BTreeMap;
use std::time::Duration;

use fluxlift_core::deadline::human_duration;

use crate::doctor::ids::QUEUE_BACKLOG;
use crate::doctor::metrics::{Load, loads};
use crate::doctor::{Finding, Judged, Read, Severity};
use crate::kinds::NAMESPACE;
use crate::{Component, Controllers};

pub(super) fn judge(controllers: &Read<Controllers>, metrics: &BTreeMap<String, Read<String>>) -> Read<Judged> {
    let controllers = controllers.as_ref()?;
    let leaders = controllers.leading_pods();
    let mut judged = Judged::default();
    for deployment in Component::ALL.into_iter().flat_map(|component| controllers.deployments_of(component)) {
        if !leaders.iter().any(|(name, _)| name == deployment.name()) {
            judged.not_known(format!("the queues of {}, which no Pod leads", deployment.name()));
        }
    }
    if leaders.is_empty() && judged.findings.is_empty() {
        return Ok(Judged::absent("there are no controllers of Flux"));
    }
    for (name, pod) in leaders {
        let loads = match metrics.get(&pod) {
            Some(Ok(text)) => loads(text),
            Some(Err(why)) => {
                judged.not_known(format!("the metrics of {name} were not reachable: {why}"));
                continue;
            }
            None => {
                judged.not_known(format!("the metrics of {name} were not asked for"));
                continue;
            }
        };
        if loads.is_empty() {
            judged.not_known(format!("what {name} answers at its metrics port are no metrics of a controller"));
        }
        for (controller, load) in loads {
            match backlog(load) {
                None => judged.saw(format!(
                    "{name}: {controller} has {} of {} workers busy, {} wait",
                    load.busy, load.workers, load.waiting
                )),
                Some((severity, seen)) => {
                    let act = format!(
                        "see what the workers are at with `fluxlift status`, and in the log: `kubectl logs -n \
                         {NAMESPACE} deployment/{name}`"
                    );
                    let found = Finding::new(QUEUE_BACKLOG, severity, format!("{controller}: {seen}"), act);
                    judged.push(found.about(format!("deployment/{NAMESPACE}/{name}")));
                }
            }
        }
    }
    Ok(judged)
}

/// More to do than workers, and whether that may pass.
fn backlog(load: Load) -> Option<(Severity, String)> {
    if !load.is_full() {
        return None;
    }
    if !load.hangs() {
        return Some((Severity::Warning, load.to_string()));
    }
    let longest = human_duration(Duration::from_secs(load.longest as u64));
    Some((Severity::Error, format!("{load}; the slowest worker has been at one object for {longest}")))
}

#[cfg(test)]
mod tests {
    use fluxlift_kube::Object;
    use serde_json::json;

    use super::*;
    use crate::doctor::Unread;

    fn load(waiting: f64, busy: f64, longest: f64) -> Option<Severity> {
        backlog(Load { waiting, busy, workers: 4.0, longest }).map(|(severity, _)| severity)
    }

    fn judged(text: Read<String>) -> Judged {
        let metrics = BTreeMap::from([("pod".to_owned(), text)]);
        judge(&Ok(Controllers::with_a_source_controller()), &metrics).unwrap()
    }

    #[test]
    fn what_the_metrics_say_is_judged_and_silence_or_another_page_is_not_known() {
        let page = "controller_runtime_max_concurrent_reconciles{controller=\"bucket\"} 2\n\
            controller_runtime_active_workers{controller=\"bucket\"} 2\n\
            workqueue_depth{controller=\"bucket\",name=\"bucket\"} ";
        let full = judged(Ok(format!("{page}5\n"))).findings;
        assert_eq!(
            (full[0].id, full[0].seen.as_str()),
            ("queue-backlog", "bucket: all 2 workers are busy and 5 objects wait")
        );
        assert!(judged(Ok(format!("{page}0\n"))).findings.is_empty());
        for silent in [Err(Unread::because("refused")), Ok("<html>502</html>".to_owned())] {
            assert_eq!(judged(silent).findings[0].severity, Severity::Unknown);
        }
    }

    #[test]
    fn a_controller_without_a_leader_has_no_queues_that_could_be_fine() {
        let deployment = Object::new(json!({"kind": "Deployment", "metadata": {"name": "helm-controller",
            "namespace": "flux-system"}}));
        let judged = judge(&Ok(Controllers::of_deployments([deployment])), &BTreeMap::new()).unwrap();
        assert_eq!(judged.findings[0].severity, Severity::Unknown);
        assert!(judge(&Ok(Controllers::default()), &BTreeMap::new()).unwrap().absent.is_some());
    }

    #[test]
    fn a_worker_to_spare_is_fine_however_long_another_works() {
        assert_eq!((load(9.0, 3.0, 900.0), load(0.0, 4.0, 900.0)), (None, None));
    }

    #[test]
    fn a_full_queue_is_told_and_one_whose_workers_hang_is_an_error() {
        assert_eq!(load(9.0, 4.0, 5.0), Some(Severity::Warning));
        assert_eq!(load(9.0, 4.0, 900.0), Some(Severity::Error));
    }
}
