//! The values of requests: each is new, and says when it was given out.

use fluxlift_core::Timestamp;
use jiff::SignedDuration;

/// Gives out values for `requestedAt`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tokens(Timestamp);

impl Tokens {
    /// Values from `now` on.
    pub(super) const fn from(now: Timestamp) -> Self {
        Self(now)
    }

    /// A time that was not given out before: who reads it sees when something was asked for.
    pub(super) fn draw(&mut self, now: Timestamp) -> String {
        self.0 = now.max(self.0.checked_add(SignedDuration::from_nanos(1)).unwrap_or(self.0));
        self.0.to_string()
    }
}
