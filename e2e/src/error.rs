//! Why the lab could not do something.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

/// A failure of the lab itself, not of what it judges.
#[derive(Debug, Error)]
pub enum LabError {
    /// A file, a socket or a process.
    #[error("{doing}")]
    Io {
        /// What was being done.
        doing: String,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// The API server refused, or could not be reached.
    #[error("{doing}")]
    Kube {
        /// What was being done.
        doing: String,
        /// Why it failed.
        #[source]
        source: Box<kube::Error>,
    },
    /// Something that was waited for did not come.
    #[error("{what} did not come about within {limit:?}; last seen: {last}")]
    TimedOut {
        /// What was waited for.
        what: String,
        /// For how long.
        limit: Duration,
        /// What was seen last.
        last: String,
    },
    /// A program ended that should run.
    #[error("{name} ended ({status}); its log {} ends with:\n{tail}", log.display())]
    Ended {
        /// The program.
        name: String,
        /// How it ended.
        status: String,
        /// Where it logged.
        log: PathBuf,
        /// The last lines of its log.
        tail: String,
    },
    /// A certificate or key could not be made.
    #[error("the certificates of the lab could not be made")]
    Certificate(#[from] rcgen::Error),
    /// Something answered in a way that makes no sense.
    #[error("{0}")]
    Unexpected(String),
}

impl LabError {
    /// For `map_err` on I/O.
    pub fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Io { doing, source }
    }

    /// For `map_err` on requests.
    pub fn kube(doing: impl Into<String>) -> impl FnOnce(kube::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Kube { doing, source: Box::new(source) }
    }

    /// The error and its causes in one text.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut next = std::error::Error::source(self);
        while let Some(cause) = next {
            text = format!("{text}: {cause}");
            next = cause.source();
        }
        text
    }
}
