//! The race, and the order that ends it: the contracts that `demo` shows, by direct requests.

use std::time::Duration;

use fluxlift_sim::referee::{self, Tally};
use fluxlift_sim::{Options, World};

use super::content::reference_content;
use super::lab::{Lab, instance};

fn options(seed: u64, cache_sync: u64) -> Options {
    Options { seed, cache_sync: Duration::from_secs(cache_sync), ..Options::default() }
}

/// Controllers and sync at once; done when the Deployments are Available.
fn naive(seed: u64, version: &str, cache_sync: u64) -> Lab {
    let mut lab = Lab::operated(options(seed, cache_sync));
    lab.publish(reference_content(version.starts_with("2.4")));
    lab.apply(instance(version, true));
    lab.until(120, "the controllers", Lab::controllers_are_available);
    lab
}

#[test]
fn in_the_naive_order_at_least_forty_releases_are_unobserved_when_the_deployments_are_available() {
    for (seed, cache_sync) in [(1, 5), (2, 5), (3, 5), (4, 20), (5, 60)] {
        let lab = naive(seed, "2.9.4", cache_sync);
        let tally = referee::count(&lab.world);
        assert_eq!(tally.total, 50, "seed {seed}, {cache_sync} s");
        assert!(tally.unobserved >= 40, "seed {seed}, {cache_sync} s: {tally:?}");
    }
}

#[test]
fn sleeping_45_seconds_is_enough_for_caches_that_sync_in_20() {
    for seed in 1..=5 {
        let mut lab = naive(seed, "2.9.4", 20);
        lab.pass(45.0);
        let tally = referee::count(&lab.world);
        assert_eq!(tally, Tally { total: 50, ready: 50, unobserved: 0 }, "seed {seed}");
    }
}

#[test]
fn sleeping_45_seconds_is_too_short_for_caches_that_sync_in_60() {
    for seed in 1..=5 {
        let mut lab = naive(seed, "2.9.4", 60);
        lab.pass(45.0);
        let tally = referee::count(&lab.world);
        assert!(tally.total == 50 && tally.unobserved >= 40, "seed {seed}: {tally:?}");
    }
}

#[test]
fn with_flux_2_4_the_naive_order_still_has_unobserved_releases_ten_minutes_later() {
    for seed in 1..=5 {
        let mut lab = naive(seed, "2.4.0", 5);
        lab.pass(600.0);
        let tally = referee::count(&lab.world);
        assert!(tally.total == 50 && tally.unobserved > 0, "seed {seed}: {tally:?}");
    }
}

#[test]
fn with_flux_2_9_everything_is_ready_in_the_end_in_either_order() {
    let mut lab = naive(1, "2.9.4", 5);
    lab.until(300, "fifty releases", |lab| referee::count(&lab.world).ready == 50);
}

#[test]
fn a_sync_that_is_added_to_live_controllers_leaves_nothing_unobserved() {
    let mut lab = Lab::running(options(1, 5));
    lab.publish(reference_content(false));
    assert_eq!(referee::count(&lab.world).total, 0);
    lab.apply(instance("2.9.4", true));
    let took = lab.until(300, "fifty releases", |lab| referee::count(&lab.world).ready == 50);
    assert!(took < 90.0, "{took}");
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = || {
        let mut lab = naive(7, "2.9.4", 5);
        lab.pass(30.0);
        let World { agenda, controllers, flux, referee, .. } = &lab.world;
        let objects: Vec<_> = lab.world.kube.api.all().filter(|(key, _)| key.name != "kube-root-ca.crt").collect();
        serde_json::to_string(&(agenda, controllers, flux, referee, objects)).unwrap()
    };
    // The texts are long: what matters is whether they are equal.
    assert!(run() == run(), "two runs with one seed differ");
}

#[test]
fn a_world_that_was_saved_goes_on_as_the_one_it_was_saved_from() {
    let mut lab = naive(3, "2.9.4", 5);
    let text = serde_json::to_string(&lab.world).unwrap();
    let mut saved = Lab { world: serde_json::from_str(&text).unwrap() };
    for lab in [&mut lab, &mut saved] {
        lab.until(300, "fifty releases", |lab| referee::count(&lab.world).ready == 50);
    }
    assert_eq!(lab.world.now, saved.world.now);
}

#[test]
fn a_quiet_half_hour_brings_only_heartbeats_reports_and_the_interval_of_the_root() {
    let mut lab = naive(1, "2.9.4", 5);
    lab.until(300, "fifty releases", |lab| referee::count(&lab.world).ready == 50);
    lab.pass(10.0);
    let before = lab.world.kube.api.revision();
    lab.pass(1800.0);
    let quiet = [
        "leases.coordination.k8s.io",
        "fluxreports.fluxcd.controlplane.io",
        "kustomizations.kustomize.toolkit.fluxcd.io",
    ];
    let loud: Vec<String> = lab
        .world
        .kube
        .api
        .changes_since(before)
        .unwrap()
        .map(|change| change.key.gr.to_string())
        .filter(|resource| !quiet.contains(&resource.as_str()))
        .collect();
    assert_eq!(loud, Vec::<String>::new());
}
