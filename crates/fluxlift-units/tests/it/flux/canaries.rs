//! Each canary against a controller that does not work: never proven, and the verdict names the cause.

use std::time::Duration;

use fluxlift_core::{Deadline, ErrorKind};
use fluxlift_sim::Options;
use fluxlift_sim::controllers::Program;
use fluxlift_sim::flux::{Faults, PathFault};

use super::infrastructure::RELEASES;
use super::lab::{Lab, chain};

const PROGRAMS: [(Program, &str); 4] = [
    (Program::SourceController, "source-controller"),
    (Program::KustomizeController, "kustomize-controller"),
    (Program::HelmController, "helm-controller"),
    (Program::NotificationController, "notification-controller"),
];

/// Runs phase two with something broken; the error, after making sure of what must hold in any case.
async fn refused(break_it: impl Fn(&mut Faults)) -> (Lab, String) {
    let mut lab = Lab::small(Options::default());
    lab.apply("flux_operator").await;
    lab.with(|world| break_it(&mut world.flux.faults));
    lab.deadline = Deadline::minutes(2);
    let error = lab.try_apply("flux_instance").await.expect_err("a broken controller was proven");
    assert_eq!(error.kind(), ErrorKind::NotProven, "{}", chain(&error));
    assert_eq!(lab.tally().total, 0, "releases were created although a canary was not proven");
    assert!(lab.find("FluxInstance", "flux").unwrap()["spec"]["sync"].is_null());
    assert_eq!(lab.canaries(), [""; 0], "canaries were left behind");
    let text = chain(&error);
    (lab, text)
}

#[tokio::test(start_paused = true)]
async fn a_controller_that_is_not_leader_is_refused_by_name() {
    for (program, name) in PROGRAMS {
        let (_, error) = refused(|faults| faults.not_leading.extend([program])).await;
        // source-controller alone is not even ready before it leads.
        assert!(error.contains(name) && error.contains("none of its Pods is leader"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_controller_without_the_right_to_write_status_is_refused_with_the_resource() {
    for (program, name) in PROGRAMS {
        let (_, error) = refused(|faults| faults.without_status_rights.extend([program])).await;
        assert!(error.contains(&format!("{name} leads")) && error.contains("/status"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_controller_that_is_frozen_after_it_became_leader_is_refused_as_frozen() {
    for (program, name) in PROGRAMS {
        let mut lab = Lab::small(Options { cache_sync: Duration::from_secs(60), ..Options::default() });
        lab.apply("flux_operator").await;
        lab.deadline = Deadline::minutes(3);
        let datacenter = lab.datacenter.clone();
        let watching = tokio::spawn(async move {
            let lease = format!("{name}-leader-election");
            let mut changed = datacenter.changed();
            loop {
                let led = datacenter.with(|world| {
                    let key = fluxlift_sim::kube::Key::namespaced(
                        &fluxlift_sim::kube::GroupResource::LEASES,
                        "flux-system",
                        lease.as_str(),
                    );
                    let led = world.kube.api.get(&key).is_some();
                    if led {
                        world.flux.faults.frozen.insert(program);
                    }
                    led
                });
                if led {
                    return;
                }
                changed.rung().await;
            }
        });
        let error = chain(&lab.try_apply("flux_instance").await.expect_err("a frozen controller was proven"));
        watching.abort();
        assert!(error.contains("frozen or cut off"), "{name}: {error}");
        assert_eq!(lab.tally().total, 0);
        assert_eq!(lab.canaries(), [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_broken_path_is_refused_with_dns_service_and_network_policy() {
    for fault in [PathFault::Refused, PathFault::BlackHole, PathFault::NoSuchName] {
        let (lab, error) = refused(|faults| faults.path = fault).await;
        for word in ["DNS", "Service source-controller", "NetworkPolicies"] {
            assert!(error.contains(word), "{fault:?}: {error}");
        }
        assert!(lab.gates().contains(&"canary helm-controller HelmRelease".to_owned()));
    }
}

#[tokio::test(start_paused = true)]
async fn caches_that_are_not_synced_yet_show_in_the_verdict_meanwhile() {
    let mut lab = Lab::small(Options { cache_sync: Duration::from_secs(60), ..Options::default() });
    lab.apply("flux_operator").await;
    lab.apply("flux_instance").await;
    let verdicts = lab.verdicts("canary helm-controller HelmRelease");
    assert!(verdicts.iter().any(|verdict| verdict.contains("its caches are not synced")), "{verdicts:#?}");
}

#[tokio::test(start_paused = true)]
async fn canaries_that_a_crashed_run_left_are_swept() {
    let mut lab = Lab::small(Options { cache_sync: Duration::from_secs(30), ..Options::default() });
    lab.apply("flux_operator").await;
    let inputs = lab.inputs("flux_instance");
    let unit = lab.unit("flux_instance", inputs);
    let cx = lab.unit_cx("flux_instance");
    let run = tokio::spawn(async move { unit.apply(&cx).await.map(|_| ()) });
    lab.until("a canary", |lab| !lab.canaries().is_empty()).await;
    // As if the process died: the run is gone, and nobody cleans up after it.
    lab.with(|world| {
        world.flux.faults.frozen.extend(PROGRAMS.map(|(program, _)| program));
    });
    run.abort();
    let _ = run.await;
    lab.until("the clean-up in the background", |lab| lab.canaries().is_empty()).await;
    lab.with(|world| world.flux.faults = Faults::default());
    lab.apply("flux_instance").await;
    assert_eq!(lab.tally().ready, RELEASES);
    assert_eq!(lab.canaries(), [""; 0]);
}
