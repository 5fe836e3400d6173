//! The time of day that follows tokio's clock, paused or not.

use fluxlift_core::{Clock, Timestamp};
use jiff::SignedDuration;
use tokio::time::Instant;

/// The time of day, counted from a known moment by tokio's clock.
///
/// Under paused time it is the virtual clock of the demo and the tests; otherwise it is the real one.
#[derive(Debug, Clone, Copy)]
pub struct TokioClock {
    base: Timestamp,
    started: Instant,
}

impl TokioClock {
    /// A clock that reads `base` now. Needs a tokio runtime when its time is paused.
    pub fn starting_at(base: Timestamp) -> Self {
        Self { base, started: Instant::now() }
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        let elapsed = SignedDuration::try_from(self.started.elapsed()).unwrap_or(SignedDuration::MAX);
        self.base.checked_add(elapsed).unwrap_or(Timestamp::MAX)
    }
}
