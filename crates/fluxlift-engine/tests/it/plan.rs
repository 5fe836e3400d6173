//! What a plan says, and what a saved plan is bound to.

use std::time::Duration;

use fluxlift_core::{ChangeKind, Explain};
use fluxlift_engine::{Command, Plan, RunError, RunOptions};
use tokio::time::Instant;

use crate::fake::{Fake, Script, unit};

fn kinds(plan: &Plan) -> Vec<String> {
    plan.units.iter().map(|u| format!("{} {}", u.path, u.change)).collect()
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_outputs_that_are_not_known_yet_is_unknown() {
    let (fake, home) = (Fake::chain(&["a", "b", "c"]), tempfile::tempdir().unwrap());
    let plan = fake.engine(home.path()).plan(Command::Apply, &RunOptions::default()).await.unwrap();
    assert_eq!(kinds(&plan), ["a create", "b unknown", "c unknown"]);
    assert_eq!(plan.units[1].reasons, ["its input a is not known yet"]);
    assert!(plan.has_changes());
    assert!(!home.path().join("state.json").exists());
    assert!(!home.path().join("lock").exists());
}

#[tokio::test(start_paused = true)]
async fn units_are_looked_at_side_by_side_and_told_in_their_order() {
    let (mut fake, home) = (Fake::chain(&["a", "b", "c"]), tempfile::tempdir().unwrap());
    fake.engine(home.path()).run(Command::Apply, RunOptions::default(), None).await.unwrap();
    for (name, seconds) in [("a", 30), ("b", 20), ("c", 10)] {
        fake.script(name).looks = Duration::from_secs(seconds);
    }
    let began = Instant::now();
    let plan = fake.engine(home.path()).plan(Command::Apply, &RunOptions::default()).await.unwrap();
    assert_eq!(began.elapsed(), Duration::from_secs(30));
    assert_eq!(kinds(&plan), ["a no change", "b no change", "c no change"]);

    let one_by_one = RunOptions { parallelism: 1, ..RunOptions::default() };
    fake.engine(home.path()).plan(Command::Apply, &one_by_one).await.unwrap();
    assert_eq!(began.elapsed(), Duration::from_secs(30 + 60));
}

#[tokio::test(start_paused = true)]
async fn what_a_unit_answered_before_its_turn_is_not_believed_once_its_inputs_are_not_known_any_more() {
    let (mut fake, home) = (Fake::chain(&["a", "b", "c"]), tempfile::tempdir().unwrap());
    fake.engine(home.path()).run(Command::Apply, RunOptions::default(), None).await.unwrap();
    fake.world.lock().unwrap().units.remove(&unit("a"));
    for seconds in [0, 30] {
        fake.script("a").looks = Duration::from_secs(seconds);
        let plan = fake.engine(home.path()).plan(Command::Apply, &RunOptions::default()).await.unwrap();
        assert_eq!(kinds(&plan), ["a create", "b unknown", "c unknown"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_changed_input_is_an_update_with_its_reason() {
    let (mut fake, home) = (Fake::chain(&["a", "b"]), tempfile::tempdir().unwrap());
    fake.engine(home.path()).run(Command::Apply, RunOptions::default(), None).await.unwrap();
    fake.script("b").input = "2";
    let plan = fake.engine(home.path()).plan(Command::Apply, &RunOptions::default()).await.unwrap();
    assert_eq!(kinds(&plan), ["a no change", "b update"]);
    assert_eq!(plan.units[1].reasons, ["its inputs differ"]);
    assert_eq!(plan.count(ChangeKind::Update), 1);
}

#[tokio::test(start_paused = true)]
async fn an_update_that_says_what_it_leaves_is_planned_for_those_that_need_it_and_the_saved_plan_is_applied() {
    let (mut fake, home) = (Fake::chain(&["a", "b", "c"]), tempfile::tempdir().unwrap());
    fake.engine(home.path()).run(Command::Apply, RunOptions::default(), None).await.unwrap();
    (fake.script("a").input, fake.script("a").id) = ("2", Some("another"));
    let engine = fake.engine(home.path());
    for look in [0, 30] {
        let mut fake = fake.clone();
        fake.script("a").looks = Duration::from_secs(look);
        let plan = fake.engine(home.path()).plan(Command::Apply, &RunOptions::default()).await.unwrap();
        assert_eq!(kinds(&plan), ["a update", "b update", "c no change"]);
    }
    let plan = engine.plan(Command::Apply, &RunOptions::default()).await.unwrap();
    let report = engine.run(Command::Apply, RunOptions::default(), Some(&plan)).await.unwrap();
    assert!(report.succeeded(), "{:?}", report.units);
    assert!(!engine.plan(Command::Apply, &RunOptions::default()).await.unwrap().has_changes());
}

#[tokio::test(start_paused = true)]
async fn an_update_that_cannot_say_what_it_leaves_makes_unknown_what_needs_it_and_the_saved_plan_is_applied() {
    let (mut fake, home) = (Fake::chain(&["a", "b", "c"]), tempfile::tempdir().unwrap());
    fake.engine(home.path()).run(Command::Apply, RunOptions::default(), None).await.unwrap();
    (fake.script("a").input, fake.script("a").id, fake.script("a").foretells) = ("2", Some("another"), false);
    let engine = fake.engine(home.path());
    let plan = engine.plan(Command::Apply, &RunOptions::default()).await.unwrap();
    assert_eq!(kinds(&plan), ["a update", "b unknown", "c unknown"]);
    let report = engine.run(Command::Apply, RunOptions::default(), Some(&plan)).await.unwrap();
    assert!(report.succeeded(), "{:?}", report.units);
}

#[tokio::test(start_paused = true)]
async fn an_update_that_leaves_other_outputs_than_it_said_ends_the_plan_where_they_are_needed() {
    let (mut fake, home) = (Fake::chain(&["a", "b"]), tempfile::tempdir().unwrap());
    fake.engine(home.path()).run(Command::Apply, RunOptions::default(), None).await.unwrap();
    (fake.script("a").input, fake.script("a").id) = ("2", Some("said"));
    let plan = fake.engine(home.path()).plan(Command::Apply, &RunOptions::default()).await.unwrap();
    fake.script("a").id = Some("left");
    let report = fake.engine(home.path()).run(Command::Apply, RunOptions::default(), Some(&plan)).await.unwrap();
    let error = report.units[1].error.as_ref().unwrap().to_string();
    assert_eq!(error, "the plan is stale: the inputs of b are no longer those of the plan");
}

#[tokio::test(start_paused = true)]
async fn a_unit_that_is_applied_again_only_because_it_was_not_proven_keeps_its_outputs_in_the_plan() {
    let (mut fake, home) = (Fake::chain(&["a", "b"]), tempfile::tempdir().unwrap());
    fake.engine(home.path()).run(Command::Apply, RunOptions::default(), None).await.unwrap();
    (fake.script("a").input, fake.script("a").shortfall) = ("2", Some("not proven"));
    fake.engine(home.path()).run(Command::Apply, RunOptions::default(), None).await.unwrap();
    let plan = fake.engine(home.path()).plan(Command::Apply, &RunOptions::default()).await.unwrap();
    assert_eq!(kinds(&plan), ["a update", "b no change"]);
}

#[tokio::test(start_paused = true)]
async fn a_destroy_plan_lists_what_the_state_has() {
    let (fake, home) = (Fake::chain(&["a", "b"]), tempfile::tempdir().unwrap());
    let until = RunOptions { until: Some(unit("a")), ..RunOptions::default() };
    fake.engine(home.path()).run(Command::Apply, until, None).await.unwrap();
    let plan = fake.engine(home.path()).plan(Command::Destroy, &RunOptions::default()).await.unwrap();
    assert_eq!(kinds(&plan), ["b no change", "a delete"]);
}

#[tokio::test(start_paused = true)]
async fn a_destroy_plan_spares_what_must_be_kept_and_what_it_needs_as_the_destroy_does() {
    let (mut fake, home) = (Fake::chain(&["a", "b", "c"]), tempfile::tempdir().unwrap());
    fake.script("b").keep = true;
    let engine = fake.engine(home.path());
    engine.run(Command::Apply, RunOptions::default(), None).await.unwrap();
    let plan = engine.plan(Command::Destroy, &RunOptions::default()).await.unwrap();
    assert_eq!(kinds(&plan), ["c delete", "b no change", "a no change"]);
    assert_eq!(plan.units[1].reasons, ["it must not be destroyed: prevent_destroy is set, so a destroy fails here"]);
    assert_eq!(plan.units[2].reasons, ["b, which needs it, must not be destroyed"]);
    let report = engine.run(Command::Destroy, RunOptions::default(), None).await.unwrap();
    let results: Vec<_> = report.units.iter().map(|u| u.result.word()).collect();
    assert_eq!(results, ["succeeded", "failed", "early exit"]);
}

#[tokio::test(start_paused = true)]
async fn a_saved_plan_is_applied_as_it_was_made() {
    let (fake, home) = (Fake::chain(&["a", "b"]), tempfile::tempdir().unwrap());
    let engine = fake.engine(home.path());
    let plan = engine.plan(Command::Apply, &RunOptions::default()).await.unwrap();
    let saved: Plan = serde_json::from_str(&serde_json::to_string(&plan).unwrap()).unwrap();
    assert_eq!(saved, plan);
    let report = engine.run(Command::Apply, RunOptions::default(), Some(&saved)).await.unwrap();
    assert!(report.succeeded());
}

#[tokio::test(start_paused = true)]
async fn a_saved_plan_is_refused_once_the_state_has_moved_on() {
    let (fake, home) = (Fake::chain(&["a", "b"]), tempfile::tempdir().unwrap());
    let engine = fake.engine(home.path());
    let plan = engine.plan(Command::Apply, &RunOptions::default()).await.unwrap();
    engine.run(Command::Apply, RunOptions::default(), None).await.unwrap();
    let error = engine.run(Command::Apply, RunOptions::default(), Some(&plan)).await.unwrap_err();
    assert!(matches!(error, RunError::StalePlan(_)), "{error}");
    assert_eq!(error.to_string(), "the plan is stale: it was made for serial 0 of the state, which now has 2");
    assert_eq!(error.hints()[0].to_string(), "plan again and apply that plan");
}

#[tokio::test(start_paused = true)]
async fn a_saved_plan_is_refused_for_a_unit_whose_inputs_have_changed() {
    let (mut fake, home) = (Fake::chain(&["a", "b"]), tempfile::tempdir().unwrap());
    fake.engine(home.path()).run(Command::Apply, RunOptions::default(), None).await.unwrap();
    let plan = fake.engine(home.path()).plan(Command::Apply, &RunOptions::default()).await.unwrap();
    fake.script("b").input = "2";
    let engine = fake.engine(home.path());
    let report = engine.run(Command::Apply, RunOptions::default(), Some(&plan)).await.unwrap();
    let error = report.units[1].error.as_ref().unwrap().to_string();
    assert_eq!(error, "the plan is stale: the inputs of b are no longer those of the plan");
}

#[tokio::test(start_paused = true)]
async fn preflight_asks_every_unit_and_changes_nothing() {
    let (fake, home) = (Fake::tree([("a", Script::default())]), tempfile::tempdir().unwrap());
    let found = fake.engine(home.path()).preflight(&RunOptions::default()).await.unwrap();
    assert_eq!(found[0].checks[0].outcome, Ok("200".into()));
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
}

#[tokio::test(start_paused = true)]
async fn preflight_does_not_look_for_what_mock_outputs_name_and_asks_a_unit_that_only_lacks_an_input() {
    let (mut fake, home) = (Fake::chain(&["a", "b", "c"]), tempfile::tempdir().unwrap());
    fake.script("b").mocks = true;
    let found = fake.engine(home.path()).preflight(&RunOptions::default()).await.unwrap();
    let outcomes: Vec<_> = found.iter().map(|unit| unit.checks[0].outcome.clone()).collect();
    assert_eq!(outcomes[1], Ok("not yet: its inputs wait for the outputs of a".into()));
    assert_eq!((&outcomes[0], &outcomes[2]), (&Ok("200".into()), &Ok("200".into())));
}

#[tokio::test(start_paused = true)]
async fn a_plan_made_on_mock_outputs_holds_nothing_of_them_and_its_apply_takes_the_real_ones() {
    let (mut fake, home) = (Fake::chain(&["a", "b"]), tempfile::tempdir().unwrap());
    fake.script("b").mocks = true;
    let engine = fake.engine(home.path());
    let plan = engine.plan(Command::Apply, &RunOptions::default()).await.unwrap();
    assert_eq!(kinds(&plan), ["a create", "b unknown"]);
    assert_eq!(plan.units[1].reasons, ["its inputs wait for the outputs of a"]);
    assert_eq!(plan.units[1].input_hash, None);
    assert!(engine.run(Command::Apply, RunOptions::default(), Some(&plan)).await.unwrap().succeeded());
    assert!(!fake.world().units[&unit("b")].contains("mock"));
}

#[tokio::test(start_paused = true)]
async fn a_plan_for_a_tree_without_a_state_fits_whoever_applies_it_later() {
    let (fake, home) = (Fake::chain(&["a", "b"]), tempfile::tempdir().unwrap());
    let plan = fake.engine(home.path()).plan(Command::Apply, &RunOptions::default()).await.unwrap();
    let mut later = fake.engine(home.path());
    later.owner.pid += 1;
    let report = later.run(Command::Apply, RunOptions::default(), Some(&plan)).await.unwrap();
    assert!(report.succeeded(), "{:?}", report.units[0].error);
}

#[tokio::test(start_paused = true)]
async fn a_resumed_run_is_still_bound_to_its_saved_plan() {
    let (mut fake, home) = (Fake::chain(&["a", "b", "c"]), tempfile::tempdir().unwrap());
    fake.engine(home.path()).run(Command::Apply, RunOptions::default(), None).await.unwrap();
    (fake.script("a").input, fake.script("b").fails) = ("2", Some("no"));
    (fake.script("b").input, fake.script("c").input) = ("2", "2");
    let engine = fake.engine(home.path());
    let plan = engine.plan(Command::Apply, &RunOptions::default()).await.unwrap();
    assert!(!engine.run(Command::Apply, RunOptions::default(), Some(&plan)).await.unwrap().succeeded());
    drop(engine);

    // What the run itself wrote to the state does not make its plan stale, and what changed since is noticed.
    (fake.script("b").fails, fake.script("c").input) = (None, "3");
    let report = fake.engine(home.path()).resume().await.unwrap();
    let results: Vec<_> = report.units.iter().map(|u| u.result.word()).collect();
    assert_eq!(results, ["succeeded", "succeeded", "failed"]);
    let error = report.units[2].error.as_ref().unwrap().to_string();
    assert_eq!(error, "the plan is stale: the inputs of c are no longer those of the plan");
    fake.script("c").input = "2";
    assert!(fake.engine(home.path()).resume().await.unwrap().succeeded());
}

#[tokio::test(start_paused = true)]
async fn a_resumed_run_with_a_plan_is_refused_once_somebody_else_has_written_the_state() {
    let (mut fake, home) = (Fake::chain(&["a", "b"]), tempfile::tempdir().unwrap());
    fake.script("b").fails = Some("no");
    let engine = fake.engine(home.path());
    let plan = engine.plan(Command::Apply, &RunOptions::default()).await.unwrap();
    engine.run(Command::Apply, RunOptions::default(), Some(&plan)).await.unwrap();
    engine.forget(&unit("a")).await.unwrap();
    let error = engine.resume().await.unwrap_err();
    assert!(matches!(error, RunError::StalePlan(_)), "{error}");
}
