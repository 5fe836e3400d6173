//! Why a look at a Git repository failed.

use fluxlift_core::{Explain, Hint};
use thiserror::Error;

use crate::HttpError;

/// A look at a repository that did not succeed.
#[derive(Debug, Error)]
pub enum GitError {
    /// The address is not one that is spoken to over HTTP.
    #[error("{url} cannot be looked at: only http and https addresses of Git repositories can")]
    Address {
        /// The address, without credentials.
        url: String,
    },
    /// No answer.
    #[error("the Git repository {url} did not answer")]
    Unreachable {
        /// The repository.
        url: String,
        /// Why not.
        #[source]
        source: HttpError,
    },
    /// 401 or 403.
    #[error("the Git server refused access to {url} ({status})")]
    Refused {
        /// The repository.
        url: String,
        /// The status.
        status: u16,
        /// Whether credentials were shown.
        with_credentials: bool,
    },
    /// 404, which many servers also say of what the caller may not see.
    #[error("there is no Git repository at {url}, or these credentials may not see it")]
    NotFound {
        /// The repository.
        url: String,
    },
    /// Any other status.
    #[error("the Git server answered {status} for {url}")]
    Status {
        /// The repository.
        url: String,
        /// The status.
        status: u16,
    },
    /// The answer is not Git's smart protocol.
    #[error("{url} does not speak Git's smart HTTP protocol: {what}")]
    Protocol {
        /// The repository.
        url: String,
        /// What is wrong.
        what: &'static str,
    },
    /// The server reported an error of its own.
    #[error("the Git server of {url} reported: {message}")]
    Server {
        /// The repository.
        url: String,
        /// What it said.
        message: String,
    },
    /// The branch, tag or ref does not exist.
    #[error("{url} has no branch, tag or ref {name:?}")]
    NoRef {
        /// The repository.
        url: String,
        /// What was asked for.
        name: String,
        /// A few branches that it has.
        branches: Vec<String>,
    },
    /// The pack can't be read.
    #[error("the objects that {url} sent cannot be read: {what}")]
    Pack {
        /// The repository.
        url: String,
        /// What is wrong.
        what: &'static str,
    },
}

impl Explain for GitError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Address { .. } => vec![Hint::new("check the repository by hand (`git ls-remote`)")],
            Self::Unreachable { source, .. } => source.hints(),
            Self::Refused { with_credentials: true, .. } => {
                vec![Hint::new("check that the token is valid and may read the repository's contents")]
            }
            Self::Refused { .. } | Self::NotFound { .. } => {
                vec![Hint::new("check the address; a private repository needs a token (`github_token`)")]
            }
            Self::NoRef { branches, .. } if branches.is_empty() => vec![Hint::new("push a first commit")],
            Self::NoRef { branches, .. } => vec![Hint::new(format!("it has the branches {}", branches.join(", ")))],
            Self::Status { .. } | Self::Protocol { .. } | Self::Server { .. } | Self::Pack { .. } => vec![],
        }
    }
}
