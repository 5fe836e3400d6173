//! Who is there to handle an object.

use std::slice::from_ref;

use fluxlift_core::Remedy;
use serde_json::{Value, json};

use super::scenes::{at, attended, found, preparing, ready, release, unready, with};
use crate::Component;
use crate::diagnosis::{Cause, Crew, Selects, Standing, Upstream, Workforce};

fn crew(selects: Selects, trouble: Option<&str>) -> Crew {
    Crew {
        deployment: "helm-controller".to_owned(),
        trouble: trouble.map(str::to_owned),
        frozen: trouble.is_some_and(|trouble| trouble.contains("frozen")),
        restarted: false,
        workers: 2,
        selects,
        everywhere: true,
    }
}

fn of(crews: Vec<Crew>) -> Workforce {
    Workforce([(Component::Helm, crews)].into())
}

fn untouched() -> Value {
    with(release("a", -1, &[]), json!({"metadata": {"finalizers": []}}))
}

fn cause(workforce: Workforce, objects: &[Value], seconds: i64) -> Cause {
    found(&attended(workforce, objects), "HelmRelease", "a", seconds).cause
}

#[test]
fn an_object_of_a_shard_that_nobody_selects_waits_for_ever() {
    let labelled = with(untouched(), json!({"metadata": {"labels": {"sharding.fluxcd.io/key": "two"}}}));
    let shards = || of(vec![crew(Selects::Unlabelled, None), crew(Selects::Shard("one".to_owned()), None)]);
    assert_eq!(cause(shards(), from_ref(&labelled), 10), Cause::NoShard { shard: "two".to_owned() });
    let mine = with(labelled.clone(), json!({"metadata": {"labels": {"sharding.fluxcd.io/key": "one"}}}));
    assert!(matches!(cause(shards(), &[mine], 10), Cause::Untouched { .. }));
    // Without shards the label means nothing.
    assert!(matches!(cause(of(vec![crew(Selects::Any, None)]), &[labelled], 10), Cause::Untouched { .. }));
}

#[test]
fn an_object_outside_the_only_namespace_that_is_watched_waits_for_ever() {
    let narrow = || of(vec![Crew { everywhere: false, ..crew(Selects::Any, None) }]);
    assert_eq!(cause(narrow(), &[untouched()], 10), Cause::Unwatched);
    let inside = with(untouched(), json!({"metadata": {"namespace": "flux-system"}}));
    let scene = attended(narrow(), &[inside]);
    let seen = crate::diagnosis::diagnose(&scene, scene.subjects().next().unwrap(), at(10)).cause;
    assert!(matches!(seen, Cause::Untouched { .. }), "{seen}");
}

#[test]
fn what_nobody_handles_leads_to_the_controller_and_what_is_done_does_not() {
    let dead = || of(vec![crew(Selects::Any, Some("nobody leads"))]);
    let seen = found(&attended(dead(), &[untouched()]), "HelmRelease", "a", 3600);
    assert_eq!(seen.upstream, Some(Upstream::Controller("helm-controller".to_owned())));
    assert_eq!(cause(dead(), &[release("a", 1, &[ready(5)])], 3600), Cause::Ready);
}

#[test]
fn a_stall_is_a_persons_even_while_the_controller_is_away() {
    let stalled = json!({"type": "Stalled", "status": "True", "reason": "AccessDenied", "observedGeneration": 1});
    let refused = release("a", 1, &[unready("AccessDenied", "no", 5), stalled]);
    let seen = cause(of(vec![crew(Selects::Any, Some("nobody leads"))]), &[refused], 10);
    assert!(matches!(seen, Cause::Refused { .. }), "{seen}");
}

#[test]
fn a_request_that_was_not_taken_up_for_long_asks_for_a_restart_last() {
    let asked = |token: &str, handled: &str| {
        let annotations = json!({"reconcile.fluxcd.io/requestedAt": token});
        let asked = with(untouched(), json!({"metadata": {"annotations": annotations}}));
        with(asked, json!({"status": {"lastHandledReconcileAt": handled}}))
    };
    let seen = |token: &str, handled: &str, seconds| {
        cause(of(vec![crew(Selects::Any, None)]), &[asked(token, handled)], seconds)
    };
    let token = at(100).to_string();
    assert_eq!(seen(&token, "", 219).remedy(), Some(Remedy::Reconcile));
    assert_eq!(seen(&token, "", 220), Cause::Ignored);
    assert_eq!(seen(&at(100).as_second().to_string(), "", 220), Cause::Ignored);
    assert!(matches!(seen(&token, &token, 220), Cause::Untouched { .. }), "it was taken up");
    assert!(matches!(seen("now please", "", 3600), Cause::Untouched { .. }), "it is not known when that was");
}

#[test]
fn downloads_are_a_reason_to_restart_only_when_they_block_all_workers() {
    let busy = |name: &str| release(name, -1, &[preparing(0)]);
    let seen = |objects: &[Value], seconds| cause(of(vec![crew(Selects::Any, None)]), objects, seconds);
    assert_eq!(seen(&[busy("a")], 60), Cause::Downloading { blocked: 1, workers: 2 });
    assert_eq!(seen(&[busy("a")], 60).standing(), Standing::Pending);
    assert_eq!(seen(&[busy("a"), busy("b")], 60).remedy(), Some(Remedy::RestartController));
    assert!(matches!(seen(&[busy("a"), busy("b")], 59), Cause::Working { .. }));
    // One that says that it waits for its source does not keep a worker.
    let waits = release("b", -1, &[preparing(0), unready("SourceNotReady", "no", 5)]);
    assert_eq!(seen(&[busy("a"), waits], 60).remedy(), None);
    // One that was suspended or is being deleted says for ever that it is at it.
    for gone in [json!({"spec": {"suspend": true}}), json!({"metadata": {"deletionTimestamp": at(30).to_string()}})] {
        assert_eq!(seen(&[busy("a"), with(busy("b"), gone)], 60).remedy(), None);
    }
    // Of a controller of which nothing is known it is not said that all its workers are blocked.
    let many: Vec<Value> = ["a", "b", "c", "d", "e"].into_iter().map(busy).collect();
    assert_eq!(cause(Workforce::default(), &many, 60).remedy(), None);
}

#[test]
fn downloads_of_one_shard_block_no_worker_of_another() {
    let shard = |name: &str| Crew {
        deployment: format!("helm-controller-{name}"),
        ..crew(Selects::Shard(name.to_owned()), None)
    };
    let busy = |name: &str, shard: &str| {
        with(release(name, -1, &[preparing(0)]), json!({"metadata": {"labels": {"sharding.fluxcd.io/key": shard}}}))
    };
    let seen = |objects: &[Value]| cause(of(vec![shard("one"), shard("two")]), objects, 60);
    assert_eq!(seen(&[busy("a", "one"), busy("b", "two")]), Cause::Downloading { blocked: 1, workers: 2 });
    assert_eq!(seen(&[busy("a", "one"), busy("b", "one")]).remedy(), Some(Remedy::RestartController));
}
