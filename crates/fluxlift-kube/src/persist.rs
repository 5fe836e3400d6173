//! Trying again, in the open and not for ever.

use std::future::Future;

use fluxlift_core::Deadline;
use fluxlift_gate::{GateContext, GaveUp};

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
    act: F,
) -> Result<T, RequestError>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, RequestError>>,
{
    cx.persist(seed, budget, passing, act).await.map_err(|gave_up| match gave_up {
        GaveUp::Failed(error) => error,
        GaveUp::Cancelled(error) => RequestError::Interrupted { doing: error.to_string() },
    })
}
