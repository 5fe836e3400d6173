//! The image controllers, where an instance lists them.

use fluxlift_core::{ChangeKind, Deadline};
use fluxlift_sim::Options;
use fluxlift_sim::controllers::Program;
use fluxlift_sim::flux::Faults;

use super::infrastructure::RELEASES;
use super::lab::{Lab, chain};

const LISTED: &[&str] = &[
    "source-controller",
    "kustomize-controller",
    "helm-controller",
    "notification-controller",
    "image-reflector-controller",
    "image-automation-controller",
];
const GATES: [&str; 3] = [
    "canary image-reflector-controller ImageRepository",
    "canary image-reflector-controller ImagePolicy",
    "canary image-automation-controller ImageUpdateAutomation",
];
const PROGRAMS: [(Program, &str); 2] = [
    (Program::ImageReflectorController, "image-reflector-controller"),
    (Program::ImageAutomationController, "image-automation-controller"),
];

async fn listed(mut lab: Lab) -> Lab {
    lab.components = LISTED;
    lab.apply("flux_operator").await;
    lab
}

#[tokio::test(start_paused = true)]
async fn listed_image_controllers_are_proven_before_the_sync_and_their_canaries_removed() {
    let mut lab = listed(Lab::small(Options::default())).await;
    lab.apply("flux_instance").await;
    let gates = lab.gates();
    for gate in GATES {
        assert!(gates.iter().any(|seen| seen == gate), "{gate} in {gates:#?}");
    }
    assert_eq!(lab.tally().ready, RELEASES);
    assert!(lab.with(|world| world.referee.early().is_empty()));
    assert_eq!(lab.canaries(), [""; 0]);
    assert_eq!(lab.plan("flux_instance").await.kind, ChangeKind::None);
}

#[tokio::test(start_paused = true)]
async fn an_image_controller_that_does_not_work_is_never_proven_and_the_cause_is_named() {
    type Break = fn(&mut Faults, Program);
    let breaks: [(Break, &str); 2] = [
        (|faults, program| faults.not_leading.extend([program]), "none of its Pods is leader"),
        (|faults, program| faults.without_status_rights.extend([program]), "/status"),
    ];
    for (program, name) in PROGRAMS {
        for (break_it, cause) in breaks {
            let mut lab = listed(Lab::small(Options::default())).await;
            lab.with(|world| break_it(&mut world.flux.faults, program));
            lab.deadline = Deadline::minutes(2);
            let error = chain(&lab.try_apply("flux_instance").await.expect_err("a broken controller was proven"));
            assert!(error.contains(name) && error.contains(cause), "{error}");
            assert_eq!(lab.tally().total, 0, "releases were created although a canary was not proven");
            assert_eq!(lab.canaries(), [""; 0], "canaries were left behind");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn automation_without_the_reflector_s_kinds_never_starts_and_is_not_proven() {
    let mut lab = Lab::small(Options::default());
    lab.components = &["source-controller", "kustomize-controller", "helm-controller", "image-automation-controller"];
    lab.deadline = Deadline::minutes(2);
    lab.apply("flux_operator").await;
    let error = chain(&lab.try_apply("flux_instance").await.expect_err("a controller that crashes was proven"));
    assert!(error.starts_with("canary image-automation-controller ImageUpdateAutomation was not proven"), "{error}");
    assert_eq!(lab.tally().total, 0, "releases were created although a canary was not proven");
    assert_eq!(lab.canaries(), [""; 0], "canaries were left behind");
}

#[tokio::test(start_paused = true)]
async fn before_flux_2_7_a_policy_cannot_be_asked_and_that_is_said() {
    let mut lab = listed(Lab::of_2_4(Options::default())).await;
    lab.apply("flux_instance").await;
    let (gates, warnings) = (lab.gates(), lab.warnings());
    assert!(gates.iter().any(|gate| gate == GATES[0]) && gates.iter().any(|gate| gate == GATES[2]), "{gates:#?}");
    assert!(!gates.iter().any(|gate| gate == GATES[1]), "{gates:#?}");
    assert!(warnings.iter().any(|warning| warning.contains("ImagePolicy")), "{warnings:#?}");
    assert_eq!(lab.canaries(), [""; 0]);
}
