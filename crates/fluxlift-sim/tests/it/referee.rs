//! What counts as too early.

use fluxlift_core::Timestamp;
use fluxlift_sim::flux::kinds::HELM_RELEASES;
use fluxlift_sim::kube::Key;
use fluxlift_sim::referee::{Canary, Referee};
use jiff::SignedDuration;

/// At these seconds: canaries (round, created, handled), and one release.
fn early(canaries: &[(&str, i64, Option<i64>)], release: i64) -> bool {
    let at = |seconds| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
    let mut referee = Referee::default();
    for (number, (round, created, handled)) in canaries.iter().enumerate() {
        let key = Key::namespaced(&HELM_RELEASES, "flux-system", format!("canary-{number}"));
        let canary = Canary { round: (*round).to_owned(), created: at(*created) };
        referee.canaries.insert(key.clone(), canary);
        referee.handled.extend(handled.map(|handled| (key, at(handled))));
    }
    referee.releases.insert(Key::namespaced(&HELM_RELEASES, "apps", "web"), at(release));
    !referee.early().is_empty()
}

#[test]
fn a_release_is_early_until_the_last_canary_of_its_round_is_handled() {
    let round = [("a", 1, Some(2)), ("a", 1, Some(5))];
    assert!(early(&[], 9) && early(&round, 4));
    assert!(!early(&round, 5));
    assert!(early(&[("a", 1, Some(2)), ("a", 1, None)], 9), "one that was never answered proves nothing");
    assert!(early(&[("a", 1, Some(2)), ("a", 6, Some(8))], 5), "the round was not over");
}

#[test]
fn a_round_that_was_given_up_is_made_good_by_a_whole_one_only() {
    assert!(!early(&[("a", 1, None), ("b", 4, Some(5))], 6));
    assert!(early(&[("a", 1, Some(2)), ("b", 4, None)], 6));
}
