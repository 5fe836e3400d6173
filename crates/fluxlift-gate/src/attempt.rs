//! Acts that are tried until they work: a gate whose observation is the act itself.

use std::future::Future;
use std::time::Duration;

use fluxlift_core::{Deadline, Evidence, GateName, Remedy, Verdict};

use crate::driver::{Wait, until};
use crate::{GateContext, GateError, pace};

/// What came of one try.
#[derive(Debug)]
pub enum Tried<T, E> {
    /// It worked, and this shows it.
    Done(T, Evidence),
    /// Not this time, because of this; the next try may work.
    Again(String),
    /// It will not work by trying again.
    Never(E),
}

impl GateContext {
    /// Tries `act` again and again, `interval` apart, until it works or is known never to work.
    ///
    /// A try that has begun is not cut short: it may be one that can't be repeated, and it has limits of its own. The
    /// deadline and a cancellation are heeded between two tries.
    ///
    /// # Errors
    /// The outer one when the deadline passes or the run is cancelled, with the last verdict; the inner one as `act`
    /// says.
    pub async fn attempt<T, E, F, Fut>(
        &self,
        name: GateName,
        deadline: Deadline,
        interval: Duration,
        mut act: F,
    ) -> Result<Result<T, E>, GateError>
    where
        E: std::fmt::Display,
        F: FnMut() -> Fut,
        Fut: Future<Output = Tried<T, E>>,
    {
        let mut wait = Wait::open(self, name, deadline);
        loop {
            if self.cancel.is_cancelled() {
                return Err(wait.cancelled());
            }
            match act().await {
                Tried::Done(value, evidence) => {
                    wait.take(Verdict::proven(evidence));
                    return Ok(Ok(value));
                }
                Tried::Again(why) => {
                    wait.take(Verdict::pending(why));
                }
                Tried::Never(error) => {
                    wait.take(Verdict::stuck(
                        error.to_string(),
                        Remedy::person("mend what it names, then run `fluxlift resume`"),
                    ));
                    return Ok(Err(error));
                }
            }
            tokio::select! {
                biased;
                () = self.cancel.cancelled() => return Err(wait.cancelled()),
                () = until(wait.ends) => return Err(wait.out_of_time()),
                () = pace(interval) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use fluxlift_core::clock::FixedClock;
    use fluxlift_core::{ErrorKind, Explain, Timestamp};
    use tokio::time::Instant;

    use super::*;

    const PACE: Duration = Duration::from_secs(2);

    fn context() -> GateContext {
        GateContext::quiet(Arc::new(FixedClock(Timestamp::UNIX_EPOCH)))
    }

    async fn tried(
        cx: &GateContext,
        deadline: Deadline,
        outcome: impl Fn(u32) -> Tried<u32, &'static str>,
    ) -> Result<Result<u32, &'static str>, GateError> {
        let tries = AtomicU32::new(0);
        let act = || std::future::ready(outcome(tries.fetch_add(1, Ordering::Relaxed) + 1));
        cx.attempt(GateName::new("it is done"), deadline, PACE, act).await
    }

    fn third_time_lucky(n: u32) -> Tried<u32, &'static str> {
        if n < 3 { Tried::Again(format!("try {n}")) } else { Tried::Done(n, Evidence::new("it", "done")) }
    }

    #[tokio::test(start_paused = true)]
    async fn an_act_is_tried_until_it_works_and_leaves_its_evidence() {
        let (cx, began) = (context(), Instant::now());
        assert_eq!(tried(&cx, Deadline::minutes(5), third_time_lucky).await.unwrap(), Ok(3));
        assert_eq!(began.elapsed(), PACE * 2);
        assert!(cx.ledger.proofs()[0].verdict.is_proven());
    }

    #[tokio::test(start_paused = true)]
    async fn an_act_that_never_works_ends_at_its_deadline_with_the_last_verdict() {
        let (cx, began) = (context(), Instant::now());
        let error = tried(&cx, Deadline::secs(9), |n| Tried::Again(format!("try {n}"))).await.unwrap_err();
        assert_eq!(error.to_string(), "it is done was not proven in 9.0s: try 5 (for the last 1.0s)");
        assert_eq!(began.elapsed().as_secs(), 9);
    }

    #[tokio::test(start_paused = true)]
    async fn a_cancellation_ends_it_between_two_tries() {
        let cx = context();
        let error = tried(&cx, Deadline::minutes(5), |n| {
            if n == 2 {
                cx.cancel.cancel();
            }
            Tried::Again(format!("try {n}"))
        });
        let error = error.await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Interrupted);
        assert!(error.to_string().ends_with("the last verdict was: try 2"), "{error}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_error_for_good_is_the_act_s_own_and_is_tried_once() {
        let (cx, began) = (context(), Instant::now());
        assert_eq!(tried(&cx, Deadline::minutes(5), |_| Tried::Never("no")).await.unwrap(), Err("no"));
        assert_eq!(began.elapsed(), Duration::ZERO);
        assert_eq!(cx.ledger.proofs()[0].verdict.word(), "stuck");
    }
}
