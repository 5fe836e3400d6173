//! Waiting for something to be seen, with a limit.

use std::time::{Duration, Instant};

use crate::LabError;

/// How often one looks.
const PACE: Duration = Duration::from_millis(100);

/// What one look gave.
#[derive(Debug)]
pub enum Seen<T> {
    /// It is there.
    There(T),
    /// Not yet; what is there instead.
    NotYet(String),
}

/// Looks until it is there.
///
/// # Errors
/// What was seen last, when `limit` has passed.
pub async fn until<T>(what: &str, limit: Duration, mut look: impl AsyncFnMut() -> Seen<T>) -> Result<T, LabError> {
    let began = Instant::now();
    loop {
        match look().await {
            Seen::There(found) => return Ok(found),
            Seen::NotYet(last) if began.elapsed() > limit => {
                return Err(LabError::TimedOut { what: what.to_owned(), limit, last });
            }
            Seen::NotYet(_) => pass(PACE).await,
        }
    }
}

/// Lets time pass: real programs need some.
#[expect(clippy::disallowed_methods, reason = "the lab's programs live in real time")]
pub async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}

/// The time of day, as Kubernetes writes it: to the microsecond where it asks for that.
pub fn now(micro: bool) -> String {
    let format = if micro { "%Y-%m-%dT%H:%M:%S%.6fZ" } else { "%Y-%m-%dT%H:%M:%SZ" };
    moment().strftime(format).to_string()
}

/// The time of day.
#[expect(clippy::disallowed_methods, reason = "the lab plays kubelet, and a kubelet tells the time")]
pub fn moment() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
