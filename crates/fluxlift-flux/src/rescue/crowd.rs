//! A controller that only has much to do: what it did not take up waits for its turn, and a restart would begin the queue
//! anew.

use fluxlift_kube::Cluster;

use crate::diagnosis::Place;
use crate::doctor::metrics::{Load, PORT, loads};
use crate::kinds::NAMESPACE;

/// How much the process in `pod` has to do before it comes to one of `held`; `None` where it has workers to spare, where
/// one of them hangs, and where it does not say: then nothing speaks against a restart.
pub(super) async fn before(cluster: &Cluster, pod: &str, held: &[Place]) -> Option<String> {
    let text = cluster.pod_http(NAMESPACE, pod, PORT, "metrics").await.ok()?;
    of(&text, held)
}

fn of(text: &str, held: &[Place]) -> Option<String> {
    let loads = loads(text);
    let loads = held.iter().filter_map(|place| loads.get(&place.kind.to_lowercase()));
    loads.into_iter().find(|load| load.is_full() && !load.hangs()).map(Load::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(kind: &str, busy: u32, waiting: u32, longest: u32) -> Option<String> {
        let held = [Place::new(kind, "apps", "a").unwrap()];
        let text = format!(
            "controller_runtime_max_concurrent_reconciles{{controller=\"helmrelease\"}} 4\n\
             controller_runtime_active_workers{{controller=\"helmrelease\"}} {busy}\n\
             workqueue_depth{{controller=\"helmrelease\",name=\"helmrelease\",priority=\"0\"}} {waiting}\n\
             workqueue_longest_running_processor_seconds{{controller=\"helmrelease\",name=\"helmrelease\"}} {longest}\n"
        );
        of(&text, &held)
    }

    #[test]
    fn a_queue_that_is_worked_off_speaks_against_a_restart() {
        let seen = told("HelmRelease", 4, 9996, 70);
        assert_eq!(seen.as_deref(), Some("all 4 workers are busy and 9996 objects wait"));
    }

    #[test]
    fn a_worker_to_spare_one_that_hangs_and_the_queue_of_another_kind_speak_for_nothing() {
        assert_eq!(told("HelmRelease", 3, 9996, 70), None);
        assert_eq!(told("HelmRelease", 4, 0, 70), None);
        assert_eq!(told("HelmRelease", 4, 9996, 600), None);
        assert_eq!(told("Kustomization", 4, 9996, 70), None);
        assert_eq!(of("<html>502 Bad Gateway</html>", &[Place::new("HelmRelease", "apps", "a").unwrap()]), None);
    }
}
