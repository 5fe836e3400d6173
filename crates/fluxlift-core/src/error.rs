//! What every error owes its reader: a kind, which becomes the exit code, and hints.

use std::error::Error;
use std::fmt;

use serde::{Deserialize, Serialize};

/// What sort of failure it is. The kind decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorKind {
    /// Anything that is not one of the others: bad configuration, a refused request, a broken file.
    Failed,
    /// A gate was not proven before its deadline, or is stuck.
    NotProven,
    /// Another run holds the lock.
    LockHeld,
    /// The run was interrupted and can be resumed.
    Interrupted,
    /// The command line itself is wrong.
    Usage,
}

impl ErrorKind {
    /// The process exit code: 1, 3, 4, 5 and 64. Zero is success; 2 is kept for "the plan has changes".
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::NotProven => 3,
            Self::LockHeld => 4,
            Self::Interrupted => 5,
            Self::Usage => 64,
        }
    }
}

/// One sentence that says what to do next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hint(String);

impl Hint {
    /// A hint that reads `text`. Start with a verb; no trailing full stop.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An error that can explain itself to the person at midnight.
///
/// `Display` says what failed and where; `source` is never repeated in it; [`Explain::hints`] say what to do next.
pub trait Explain: Error + Send + Sync + 'static {
    /// What sort of failure it is.
    fn kind(&self) -> ErrorKind {
        ErrorKind::Failed
    }

    /// What to do next, most likely first.
    fn hints(&self) -> Vec<Hint> {
        Vec::new()
    }
}

/// An error and its causes in one line.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the door is shut")]
    struct Shut(#[source] std::io::Error);

    #[test]
    fn a_chain_is_one_line_from_the_failure_to_its_last_cause() {
        assert_eq!(chain(&Shut(std::io::Error::other("no key"))), "the door is shut: no key");
    }

    #[test]
    fn exit_codes_are_the_documented_ones() {
        let codes =
            [ErrorKind::Failed, ErrorKind::NotProven, ErrorKind::LockHeld, ErrorKind::Interrupted, ErrorKind::Usage]
                .map(ErrorKind::exit_code);
        assert_eq!(codes, [1, 3, 4, 5, 64]);
    }
}
