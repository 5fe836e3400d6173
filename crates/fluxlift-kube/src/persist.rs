//! Trying again, in the open and not for ever.

use std::future::Future;
use std::time::Duration;

use fluxlift_core::Deadline;
use fluxlift_gate::{Backoff, GateContext, pace};

use crate::error::{Class, RequestError};

/// Does `act` until it succeeds, fails for good, `budget` is used up, or the run is cancelled.
///
/// Only transient failures are tried again; the first one is announced as a warning. `act` must be safe to repeat.
///
/// # Errors
/// The last failure.
pub async fn persist<T, F, Fut>(cx: &GateContext, seed: u64, budget: Deadline, act: F) -> Result<T, RequestError>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, RequestError>>,
{
    persist_while(cx, seed, budget, |error| error.class() == Class::Transient, act).await
}

/// The same, for an act whose failure may pass in other cases too: `passing` says which.
///
/// # Errors
/// The last failure.
pub async fn persist_while<T, F, Fut>(
    cx: &GateContext,
    seed: u64,
    budget: Deadline,
    passing: impl Fn(&RequestError) -> bool,
    mut act: F,
) -> Result<T, RequestError>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, RequestError>>,
{
    let mut backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(5), seed);
    let mut spent = std::pin::pin!(pace(budget.budget()));
    let mut announced = false;
    loop {
        let error = match act().await {
            Err(error) if passing(&error) => error,
            other => return other,
        };
        if !std::mem::replace(&mut announced, true) {
            cx.events.warn(format!("{error}; trying again for up to {budget}"));
        }
        tokio::select! {
            biased;
            () = cx.cancel.cancelled() => return Err(RequestError::Interrupted { doing: error.to_string() }),
            () = &mut spent => return Err(error),
            () = pace(backoff.next_pause()) => {}
        }
    }
}
