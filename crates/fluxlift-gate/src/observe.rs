//! Streams of observations for systems that have no watch, and the pace of retries.

use std::future::Future;
use std::time::Duration;

use futures::Stream;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::time::Instant;

/// Observes by asking every `interval`, the first time at once. The interval is also a minimum: a slow answer delays
/// the next question, questions never pile up.
pub fn every<S, E, F, Fut>(interval: Duration, ask: F) -> impl Stream<Item = Result<S, E>> + Send
where
    F: FnMut() -> Fut + Send,
    Fut: Future<Output = Result<S, E>> + Send,
    S: Send,
    E: Send,
{
    futures::stream::unfold((ask, None::<Instant>), move |(mut ask, next)| async move {
        if let Some(next) = next {
            pause_until(next).await;
        }
        let after = Instant::now() + interval;
        let seen = ask().await;
        Some((seen, (ask, Some(after))))
    })
}

/// Waits for `duration` between two tries of something that is bounded elsewhere: a reconnection, a poll of a task.
///
/// Not for hoping that something has happened meanwhile: that is what gates are for.
pub async fn pace(duration: Duration) {
    pause_until(Instant::now() + duration).await;
}

#[expect(clippy::disallowed_methods, reason = "the gate driver is the one place that may wait for time to pass")]
async fn pause_until(at: Instant) {
    tokio::time::sleep_until(at).await;
}

/// Growing pauses with jitter from a seed, so that the same seed gives the same run.
#[derive(Debug, Clone)]
pub struct Backoff {
    next: Duration,
    first: Duration,
    most: Duration,
    random: ChaCha8Rng,
}

impl Backoff {
    /// Pauses that start at `first`, double each time and stay below `most`.
    pub fn new(first: Duration, most: Duration, seed: u64) -> Self {
        Self { next: first, first, most, random: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// The next pause: between half and the whole of the current step.
    pub fn next_pause(&mut self) -> Duration {
        let step = self.next;
        self.next = (step * 2).min(self.most);
        step.mul_f64(self.random.gen_range(0.5..=1.0))
    }

    /// Starts over, after something worked.
    pub const fn reset(&mut self) {
        self.next = self.first;
    }
}
