//! Every failure in `scenarios/`, played.

use fluxlift::scenario::{Viewer, library, play};
use fluxlift::system::System;

use crate::converged::SEED;
use crate::tree::run_in;

/// Plays a scenario and holds it to what it says must be seen.
fn plays(file: &str) {
    let folder = tempfile::tempdir().unwrap();
    let system = System::look().unwrap_or_else(|failure| panic!("{}", failure.render()));
    let played = play(file, folder.path(), SEED, &system, Viewer::Program);
    let played = played.unwrap_or_else(|failure| panic!("{}", failure.render()));
    assert!(played.steps.iter().all(|step| !step.checks.is_empty()), "a step of {file} looks at nothing");
    assert!(played.succeeded(), "{file}\n{}", played.surprises().join("\n"));
}

/// A test for each, and one that none is forgotten.
macro_rules! scenarios {
    ($($test:ident: $file:literal,)*) => {
        $(
            #[test]
            fn $test() {
                plays($file);
            }
        )*

        #[test]
        fn each_scenario_has_a_test_and_a_number_of_its_own() {
            let mut tested = vec![$($file),*];
            tested.sort_unstable();
            assert_eq!(tested, library::names().collect::<Vec<_>>());
            let number = |name: &str| library::find(name).unwrap_or_else(|error| panic!("{}", error.render())).number;
            let mut numbers: Vec<u8> = library::names().map(number).collect();
            numbers.sort_unstable();
            assert_eq!(numbers, (1..=20).collect::<Vec<u8>>());
        }
    };
}

scenarios! {
    releases_are_not_left_unobserved: "naive-order",
    the_operator_waits_for_the_network: "operator-before-network",
    no_pods_yet_is_no_error: "no-pods-yet",
    no_nodes_yet_is_no_proof: "no-nodes-yet",
    a_learner_is_no_member: "etcd-learner",
    a_slow_image_is_waited_for: "slow-network-image",
    a_large_definition_is_applied: "definition-too-large",
    what_was_applied_is_found: "applied-then-not-found",
    what_others_installed_is_left_alone: "charts-fight",
    a_failed_release_is_named_with_what_waits_for_it: "missing-definitions",
    what_is_not_known_yet_is_not_null: "unknown-outputs",
    mock_outputs_are_for_plans_only: "mock-outputs",
    a_missing_program_is_a_failure: "missing-program",
    a_half_written_file_is_replaced: "half-written-file",
    no_agent_is_needed: "agent-gone",
    a_fetch_that_breaks_off_is_made_again: "stale-kubeconfig",
    connections_that_break_off_are_made_again: "two-addresses",
    a_destroy_without_an_api: "destroy-without-api",
    an_empty_repository_is_no_backup: "empty-repository-volume",
    no_gate_fails_open: "fail-open",
}

#[test]
fn each_scenario_says_what_is_diagnosed_and_what_a_rescue_does_or_why_neither_can_be() {
    for name in library::names() {
        let scenario = library::find(name).unwrap_or_else(|error| panic!("{}", error.render()));
        let expected = || scenario.steps.iter().map(|step| &step.expect);
        let diagnosed = expected().any(|expect| !expect.diagnosis.is_empty() || expect.restores.is_some());
        let acted = expected().any(|expect| expect.acts.is_some() || expect.restores.is_some());
        assert_eq!((diagnosed, acted), (scenario.no_flux.is_none(), scenario.no_flux.is_none()), "{name}");
    }
}

#[test]
fn a_person_is_told_the_story_and_what_was_seen() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run_in(folder.path(), &format!("demo --scenario mock-outputs --seed {SEED}"));
    assert_eq!(ran.code, 0, "{}", ran.err);
    insta::assert_snapshot!(ran.out);
}

#[test]
fn a_program_gets_one_document() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run_in(folder.path(), &format!("demo --scenario unknown-outputs --seed {SEED} -o json"));
    let json = ran.json();
    assert_eq!((ran.code, json["result"].as_str()), (0, Some("succeeded")), "{}", ran.err);
    assert_eq!(json["steps"][0]["command"], "run-all plan");
}

#[test]
fn an_unknown_scenario_is_answered_with_those_that_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run_in(folder.path(), "demo --scenario nothing");
    assert_eq!(ran.code, 64);
    assert!(ran.err.contains("naive-order"), "{}", ran.err);
}
