//! Time comes in from outside.

pub use jiff::Timestamp;

/// Where the time of day comes from.
///
/// The real clock and the virtual one (tokio's paused time, counted from an hour before the wall clock) both
/// implement it; nothing else asks the system for the time.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// A clock that stands still, for tests and for pure calls.
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(pub Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}
