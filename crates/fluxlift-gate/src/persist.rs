//! Trying again, in the open and not for ever.

use std::fmt::Display;
use std::future::Future;
use std::time::Duration;

use fluxlift_core::Deadline;

use crate::{Backoff, GateContext, pace};

const FIRST: Duration = Duration::from_millis(250);
const MOST: Duration = Duration::from_secs(5);

/// Why something that was tried again did not succeed.
#[derive(Debug)]
pub enum GaveUp<E> {
    /// The last failure: one that does not pass, or the budget is used up.
    Failed(E),
    /// The run was cancelled after this failure.
    Cancelled(E),
}

impl GateContext {
    /// Does `act` until it succeeds, fails in a way that is not `passing`, `budget` is used up, or the run is cancelled.
    ///
    /// The first failure is announced as a warning. `act` must be safe to repeat; `seed` is for the jitter of the pauses.
    ///
    /// # Errors
    /// The last failure.
    pub async fn persist<T, E, F, Fut>(
        &self,
        seed: u64,
        budget: Deadline,
        passing: impl Fn(&E) -> bool,
        mut act: F,
    ) -> Result<T, GaveUp<E>>
    where
        E: Display,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let mut backoff = Backoff::new(FIRST, MOST, seed);
        let mut spent = std::pin::pin!(pace(budget.budget()));
        let mut announced = false;
        loop {
            let error = match act().await {
                Ok(done) => return Ok(done),
                Err(error) if passing(&error) => error,
                Err(error) => return Err(GaveUp::Failed(error)),
            };
            if !std::mem::replace(&mut announced, true) {
                self.events.warn(format!("{error}; trying again for up to {budget}"));
            }
            tokio::select! {
                biased;
                () = self.cancel.cancelled() => return Err(GaveUp::Cancelled(error)),
                () = &mut spent => return Err(GaveUp::Failed(error)),
                () = pace(backoff.next_pause()) => {}
            }
        }
    }
}
