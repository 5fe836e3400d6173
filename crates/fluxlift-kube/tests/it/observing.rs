//! The traps of the watch API, one by one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use fluxlift_gate::ObserveError;
use fluxlift_kube::{Collection, ObjectRef, Query, kind};
use futures::StreamExt as _;
use serde_json::json;

use crate::fake::{Fake, event, identity, list, refusal, secret, watch};

fn query() -> Query {
    ObjectRef::namespaced(kind::SECRET, "n", "s").into()
}

fn color(seen: &Result<Collection, ObserveError>) -> String {
    match seen {
        Ok(seen) => seen.only().and_then(|s| s.label("color")).unwrap_or("nothing").to_owned(),
        Err(error) => error.chain(),
    }
}

async fn colors(fake: &Fake, count: usize) -> Vec<String> {
    fake.cluster().observe(query()).take(count).map(|seen| color(&seen)).collect().await
}

#[tokio::test(start_paused = true)]
async fn an_event_is_seen_without_asking_again() {
    let fake = Fake::new(|asked| match () {
        () if asked.is_identity() => identity("one"),
        () if asked.is_watch() => watch(vec![event("MODIFIED", &secret(11, "blue"))], true),
        () => list(10, "red"),
    });
    assert_eq!(colors(&fake, 2).await, ["red", "blue"]);
    assert_eq!(fake.asked().len(), 3, "{:#?}", fake.asked());
    assert!(fake.asked()[2].contains("resourceVersion=10"));
    assert!(fake.asked()[2].contains("fieldSelector=metadata.name%3Ds"));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_ends_every_watch_at_once_is_not_hammered() {
    let fake = Fake::new(|asked| match () {
        () if asked.is_identity() => identity("one"),
        () if asked.is_watch() => watch(vec![], false),
        () => list(10, "red"),
    });
    let observing = fake.cluster().observe(query()).for_each(|_| async {});
    let _ = tokio::time::timeout(Duration::from_secs(60), observing).await;
    let asked = fake.asked().len();
    assert!((10..100).contains(&asked), "{asked} requests in a minute");
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_errs_at_once_every_time_is_not_hammered_either() {
    let fake = Fake::new(|asked| match () {
        () if asked.is_identity() => identity("one"),
        () if asked.is_watch() => {
            watch(vec![event("ERROR", &json!({"kind": "Status", "code": 410, "reason": "Expired"}))], false)
        }
        () => list(10, "red"),
    });
    let observing = fake.cluster().observe(query()).for_each(|_| async {});
    let _ = tokio::time::timeout(Duration::from_secs(60), observing).await;
    let asked = fake.asked().len();
    assert!((10..100).contains(&asked), "{asked} requests in a minute");
}

#[tokio::test(start_paused = true)]
async fn a_version_too_old_to_watch_from_leads_to_a_fresh_list() {
    let lists = AtomicU64::new(0);
    let fake = Fake::new(move |asked| match () {
        () if asked.is_identity() => identity("one"),
        () if asked.query.contains("resourceVersion=10&") || asked.query.ends_with("resourceVersion=10") => {
            refusal(410, "Expired")
        }
        () if asked.is_watch() => watch(vec![event("MODIFIED", &secret(31, "blue"))], true),
        () => match lists.fetch_add(1, Ordering::SeqCst) {
            0 => list(10, "red"),
            _ => list(30, "green"),
        },
    });
    assert_eq!(colors(&fake, 3).await, ["red", "green", "blue"]);
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_is_open_but_dead_is_found_out_by_the_safety_net() {
    let lists = AtomicU64::new(0);
    let fake = Fake::new(move |asked| match () {
        () if asked.is_identity() => identity("one"),
        () if asked.is_watch() => watch(vec![], true),
        () => match lists.fetch_add(1, Ordering::SeqCst) {
            0 => list(10, "red"),
            _ => list(12, "blue"),
        },
    });
    let started = tokio::time::Instant::now();
    assert_eq!(colors(&fake, 2).await, ["red", "blue"]);
    assert_eq!(started.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_cut_off_breaks_the_watch_and_not_the_observation() {
    let lists = AtomicU64::new(0);
    let fake = Fake::new(move |asked| match () {
        () if asked.is_identity() => identity("one"),
        () if asked.is_watch() => watch(vec!["{\"type\":\"MODIFIED\",\"object\":{\"metad".to_owned()], false),
        () => match lists.fetch_add(1, Ordering::SeqCst) {
            0 => list(10, "red"),
            _ => list(12, "blue"),
        },
    });
    assert_eq!(colors(&fake, 2).await, ["red", "blue"]);
}

#[tokio::test(start_paused = true)]
async fn another_cluster_on_the_same_address_ends_the_observation() {
    let rebuilt = Arc::new(AtomicU64::new(0));
    let now = Arc::clone(&rebuilt);
    let fake = Fake::new(move |asked| {
        let again = now.load(Ordering::SeqCst) > 0;
        match () {
            () if asked.is_identity() => identity(if again { "two" } else { "one" }),
            () if asked.is_watch() => {
                now.store(1, Ordering::SeqCst);
                watch(vec![], false)
            }
            () => list(if again { 3 } else { 4000 }, "red"),
        }
    });
    let mut seen = fake.cluster().observe(query());
    assert_eq!(color(&seen.next().await.unwrap()), "red");
    let error = seen.next().await.unwrap().unwrap_err();
    assert!(!error.transient);
    assert!(error.chain().ends_with("kube-system had UID one and now has two"), "{}", error.chain());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_down_is_a_transient_error_each_time_later() {
    let fake = Fake::new(|_| refusal(503, "ServiceUnavailable"));
    let observing =
        fake.cluster().observe(query()).for_each(|seen| async move { assert!(seen.unwrap_err().transient) });
    let _ = tokio::time::timeout(Duration::from_secs(60), observing).await;
    let asked = fake.asked().len();
    assert!((10..40).contains(&asked), "{asked} requests in a minute");
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_is_not_served_yet_is_waited_for() {
    let lists = AtomicU64::new(0);
    let fake = Fake::new(move |asked| match () {
        () if asked.is_identity() => identity("one"),
        () if asked.is_watch() => watch(vec![], true),
        () if lists.fetch_add(1, Ordering::SeqCst) == 0 => refusal(404, "NotFound"),
        () => list(10, "red"),
    });
    assert_eq!(colors(&fake, 2).await, ["the cluster serves no secrets yet", "red"]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_will_stay_ends_the_wait() {
    let fake = Fake::new(|_| refusal(403, "Forbidden"));
    let error = fake.cluster().observe(query()).next().await.unwrap().unwrap_err();
    assert!(!error.transient);
}

#[tokio::test(start_paused = true)]
async fn several_queries_are_seen_together_once_each_was_seen() {
    let fake = Fake::new(|asked| match () {
        () if asked.is_identity() => identity("one"),
        () if asked.is_watch() => watch(vec![], true),
        () if asked.path.contains("/n2/") => list(10, "blue"),
        () => list(10, "red"),
    });
    let queries = [query(), ObjectRef::namespaced(kind::SECRET, "n2", "s").into()];
    let seen = fake.cluster().observe_all(queries).next().await.unwrap().unwrap();
    let colors: Vec<_> = seen.iter().map(|c| c.only().unwrap().label("color").unwrap()).collect();
    assert_eq!(colors, ["red", "blue"]);
}
