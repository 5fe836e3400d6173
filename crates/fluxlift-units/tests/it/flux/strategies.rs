//! The ways that have the race, counted by the same referee.

use std::time::Duration;

use fluxlift_flux::Strategy;
use fluxlift_sim::Options;
use fluxlift_sim::referee::Tally;

use super::lab::Lab;

async fn tally(strategy: Strategy, cache_sync: u64) -> Tally {
    let mut lab = Lab::new(Options { cache_sync: Duration::from_secs(cache_sync), ..Options::default() });
    lab.strategy = strategy;
    lab.apply("flux_operator").await;
    lab.apply("flux_instance").await;
    lab.tally()
}

#[tokio::test(start_paused = true)]
async fn naive_says_done_with_forty_releases_unobserved() {
    for cache_sync in [5, 60] {
        let tally = tally(Strategy::Naive, cache_sync).await;
        assert!(tally.unobserved >= 40, "{cache_sync} s: {tally:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn sleeping_is_enough_for_twenty_seconds_and_not_for_sixty() {
    assert_eq!(tally(Strategy::REQUESTED_SLEEP, 20).await.unobserved, 0);
    let late = tally(Strategy::REQUESTED_SLEEP, 60).await;
    assert!(late.unobserved >= 40, "{late:?}");
}

#[tokio::test(start_paused = true)]
async fn with_the_requests_versions_naive_still_has_unobserved_releases_ten_minutes_later() {
    let mut lab = Lab::of_2_4(Options::default());
    lab.strategy = Strategy::Naive;
    lab.apply("flux_operator").await;
    lab.apply("flux_instance").await;
    fluxlift_gate::pace(Duration::from_secs(600)).await;
    assert!(lab.tally().unobserved > 0, "{:?}", lab.tally());
}

#[tokio::test(start_paused = true)]
async fn what_the_race_left_unobserved_for_an_hour_is_asked_for_and_becomes_ready() {
    let mut lab = Lab::of_2_4(Options::default());
    lab.strategy = Strategy::Naive;
    lab.apply("flux_operator").await;
    lab.apply("flux_instance").await;
    fluxlift_gate::pace(Duration::from_secs(600)).await;
    let left = lab.tally().unobserved;
    assert!(left > 0, "{:?}", lab.tally());
    lab.strategy = Strategy::Gated;
    let applied = lab.apply("flux_instance").await;
    assert!(applied.shortfall.is_none(), "{:?}", applied.shortfall);
    assert_eq!(lab.tally(), Tally { total: 50, ready: 50, unobserved: 0 });
    let taken_up = lab.gates().iter().filter(|gate| gate.starts_with("ask helped ")).count();
    assert!(taken_up > 0, "{:#?}", lab.gates());
    assert!(lab.gates().iter().any(|gate| gate.starts_with("canary")), "the naive order proved nothing");
    lab.apply("flux_instance").await;
    assert!(!lab.gates().iter().any(|gate| gate.starts_with("canary")), "proven, and nothing changed since");
}
