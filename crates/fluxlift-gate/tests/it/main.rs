//! The driver's promises, under paused time.

use std::sync::Arc;
use std::time::Duration;

use fluxlift_core::clock::FixedClock;
use fluxlift_core::{
    Deadline, ErrorKind, Evidence, Explain, Gate, GateName, Hint, Observation, Remedy, Timestamp, Verdict,
};
use fluxlift_gate::{GateContext, GateError, ObserveError, every};
use futures::stream;

/// Proven at three, stuck at nine, and stuck too when the same number stays for a minute.
struct Three;

impl Gate for Three {
    type Snapshot = u32;

    fn name(&self) -> GateName {
        GateName::new("the count is three")
    }

    fn judge(&self, seen: &Observation<'_, u32>) -> Verdict {
        match *seen.snapshot {
            3 => Verdict::proven(Evidence::new("counter", "count=3")),
            9 => Verdict::stuck("count=9", Remedy::person("count down")),
            n if seen.unchanged_for >= Duration::from_secs(60) => {
                Verdict::stuck(format!("count={n} for a minute"), Remedy::Reconcile)
            }
            n => Verdict::pending(format!("count={n}")),
        }
    }
}

fn context() -> GateContext {
    GateContext::quiet(Arc::new(FixedClock(Timestamp::UNIX_EPOCH)))
}

fn counting() -> impl futures::Stream<Item = Result<u32, ObserveError>> + Send {
    let mut n = 0;
    every(Duration::from_secs(10), move || {
        n += 1;
        let seen = n;
        async move { Ok(seen) }
    })
}

#[tokio::test(start_paused = true)]
async fn a_gate_is_proven_by_the_first_observation_that_holds() {
    let cx = context();
    let started = tokio::time::Instant::now();
    assert_eq!(cx.prove(&Three, Deadline::minutes(5), counting()).await.unwrap(), 3);
    assert_eq!(started.elapsed().as_secs(), 20);
    let proofs = cx.ledger.proofs();
    assert_eq!(proofs.len(), 1);
    assert!(proofs[0].verdict.is_proven());
}

#[tokio::test(start_paused = true)]
async fn a_deadline_is_an_error_that_carries_the_last_verdict_and_its_age() {
    let cx = context();
    let error = cx.prove(&Three, Deadline::secs(15), counting()).await.unwrap_err();
    assert_eq!(error.to_string(), "the count is three was not proven in 15s: count=2 (for the last 5.0s)");
    assert_eq!(error.kind(), ErrorKind::NotProven);
    assert_eq!(cx.ledger.proofs()[0].verdict, Verdict::pending("count=2"));
    assert_eq!(cx.ledger.proofs()[0].unchanged_for.as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn an_observation_that_ends_never_proves_anything() {
    let error = context().prove(&Three, Deadline::secs(15), stream::empty()).await.unwrap_err();
    assert!(matches!(error, GateError::Blind { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_stuck_verdict_ends_the_wait_at_once_with_its_remedy() {
    let source = stream::iter([Ok(1), Ok(9), Ok(3)]);
    let error = context().prove(&Three, Deadline::minutes(5), source).await.unwrap_err();
    assert!(matches!(&error, GateError::Stuck { why, .. } if why == "count=9"), "{error}");
    assert_eq!(error.hints()[0].to_string(), "count down");
}

#[tokio::test(start_paused = true)]
async fn transient_errors_show_in_the_verdict_and_the_wait_goes_on() {
    let mut n = 0;
    let source = every(Duration::from_secs(1), move || {
        n += 1;
        let seen = if n < 3 { Err(ObserveError::transient("connection refused")) } else { Ok(3) };
        async move { seen }
    });
    assert_eq!(context().prove(&Three, Deadline::secs(10), source).await.unwrap(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_observation_that_fails_after_a_good_one_is_the_last_verdict() {
    let refused = ObserveError::transient("connection refused");
    let source = futures::StreamExt::chain(stream::iter([Ok(1), Err(refused)]), stream::pending());
    let cx = context();
    let error = cx.prove(&Three, Deadline::minutes(5), source).await.unwrap_err();
    let told = "the count is three was not proven in 5m00s: connection refused (for the last 5m00s)";
    assert_eq!(error.to_string(), told);
    assert_eq!(cx.ledger.proofs()[0].verdict, Verdict::pending("connection refused"));
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_no_time_in_which_nothing_changed() {
    let mut asked = 0;
    // Seen once, not to be seen for eighty seconds, and then as before.
    let source = every(Duration::from_secs(10), move || {
        asked += 1;
        let seen = if (2..10).contains(&asked) { Err(ObserveError::transient("503")) } else { Ok(1) };
        async move { seen }
    });
    let started = tokio::time::Instant::now();
    let error = context().prove(&Three, Deadline::minutes(5), source).await.unwrap_err();
    assert!(matches!(&error, GateError::Stuck { why, .. } if why == "count=1 for a minute"), "{error}");
    assert_eq!(started.elapsed().as_secs(), 90 + 60);
}

#[tokio::test(start_paused = true)]
async fn a_terminal_error_ends_the_wait_and_is_not_proven() {
    let refused = ObserveError::terminal("403 Forbidden").with_hints([Hint::new("ask for the permission")]);
    let source = stream::iter([Ok(1), Err(refused), Ok(3)]);
    let error = context().prove(&Three, Deadline::secs(10), source).await.unwrap_err();
    assert!(matches!(&error, GateError::Blind { last, .. } if *last == Verdict::pending("count=1")), "{error}");
    assert_eq!(error.hints()[0].to_string(), "ask for the permission");
}

#[tokio::test(start_paused = true)]
async fn a_silent_source_is_judged_again_as_time_passes() {
    let source = futures::StreamExt::chain(stream::iter([Ok(1)]), stream::pending());
    let started = tokio::time::Instant::now();
    let error = context().prove(&Three, Deadline::minutes(5), source).await.unwrap_err();
    assert!(matches!(&error, GateError::Stuck { why, .. } if why == "count=1 for a minute"), "{error}");
    assert_eq!(started.elapsed().as_secs(), 60);
}

#[tokio::test(start_paused = true)]
async fn cancelling_ends_the_wait_and_says_so() {
    let cx = context();
    cx.cancel.cancel();
    let error = cx.prove(&Three, Deadline::minutes(5), counting()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
}
