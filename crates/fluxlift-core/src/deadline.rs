//! How long a wait may take.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A budget of time, counted from the start of the wait that it belongs to.
///
/// A deadline is always finite: there is no way to spell "for ever".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Deadline(Duration);

impl Deadline {
    /// A deadline after `budget`.
    pub const fn after(budget: Duration) -> Self {
        Self(budget)
    }

    /// A deadline after so many seconds.
    pub const fn secs(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// A deadline after so many minutes.
    pub const fn minutes(minutes: u64) -> Self {
        Self(Duration::from_secs(minutes * 60))
    }

    /// The whole budget.
    pub const fn budget(self) -> Duration {
        self.0
    }

    /// What is left after `waited`; `None` once the budget is used up.
    pub fn remaining(self, waited: Duration) -> Option<Duration> {
        self.0.checked_sub(waited).filter(|left| !left.is_zero())
    }

    /// The tighter of two deadlines.
    pub fn min(self, other: Self) -> Self {
        Self(self.0.min(other.0))
    }
}

impl fmt::Display for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&human_duration(self.0))
    }
}

/// A duration as people read it: `0.4s`, `12s`, `3m20s`, `1h05m`.
pub fn human_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..10 => format!("{:.1}s", duration.as_secs_f64()),
        10..60 => format!("{seconds}s"),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h{:02}m", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_used_up_budget_leaves_nothing() {
        let deadline = Deadline::secs(5);
        assert_eq!(deadline.remaining(Duration::from_secs(2)), Some(Duration::from_secs(3)));
        assert_eq!(deadline.remaining(Duration::from_secs(5)), None);
        assert_eq!(deadline.remaining(Duration::from_secs(9)), None);
    }

    #[test]
    fn durations_read_as_people_say_them() {
        let read = |ms| human_duration(Duration::from_millis(ms));
        assert_eq!([read(420), read(12_000), read(200_000), read(3_900_000)], ["0.4s", "12s", "3m20s", "1h05m"]);
    }
}
