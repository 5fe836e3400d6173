//! What a rescue notes on an object, from its act until the run has ended.

use std::fmt;

use super::force::Force;
use crate::diagnosis::Subject;

/// Against which cause something was done, with how much force, and by which request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The word of the cause.
    pub cause: String,
    /// The rung.
    pub force: Force,
    /// The value of `requestedAt`.
    pub token: String,
}

impl Mark {
    /// The one on `subject`. What can't be read was not written by this version, and counts for nothing.
    pub fn on(subject: &Subject) -> Option<Self> {
        Self::parse(subject.rescue.as_deref()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '/');
        let (cause, force, token) = (parts.next()?, parts.next()?, parts.next()?);
        let force = Force::numbered(force.parse().ok()?)?;
        Some(Self { cause: cause.to_owned(), force, token: token.to_owned() })
    }
}

impl fmt::Display for Mark {
    /// `RetriesExceeded/3/2026-01-01T00:00:00Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.cause, self.force.number(), self.token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        let mark = Mark { cause: "Untouched".into(), force: Force::Ask, token: "2026-01-01T00:00:00Z".into() };
        assert_eq!(Mark::parse(&mark.to_string()), Some(mark));
        for other in ["", "Untouched", "Untouched/1", "Untouched/7/t", "Untouched/x/t"] {
            assert_eq!(Mark::parse(other), None, "{other}");
        }
    }
}
