//! The repository, looked at from here before anything is done to the cluster.
//!
//! A branch or folder that is not there would show only after Flux is installed, as something to wait for. What counts
//! in the end is what the cluster sees: a server that this machine can't reach is no reason to stop.

use std::sync::Arc;
use std::time::Duration;

use fluxlift_core::{Clock, ErrorKind, Secret};
use fluxlift_net::git::{GitCredentials, GitError, GitRemote};
use fluxlift_net::{Dial, HttpClient, TlsClient, TlsTrust};

use crate::ui::{Failure, warning};

/// How long the server may take: it may be one that only the cluster reaches.
const PATIENCE: Duration = Duration::from_secs(5);

/// What Flux shall follow.
#[derive(Debug, Clone, Copy)]
pub struct Repository<'a> {
    /// Its address.
    pub url: &'a str,
    /// The branch.
    pub branch: &'a str,
    /// The folder.
    pub path: &'a str,
    /// The token, if it needs one.
    pub token: Option<&'a Secret<String>>,
}

impl Repository<'_> {
    /// Refuses what the server says is not there. What it does not say is warned of.
    ///
    /// # Errors
    /// When the server refuses access, or there is no such repository, branch or folder.
    pub async fn check(&self, dial: Arc<dyn Dial>, clock: Arc<dyn Clock>) -> Result<(), Failure> {
        let tls = TlsClient::new(&TlsTrust::System, clock).ok();
        let http = HttpClient::new(dial, tls).with_timeout(PATIENCE);
        let credentials = self.token.map(|token| GitCredentials { user: "git".to_owned(), token: token.clone() });
        let looked = match GitRemote::new(http, self.url, credentials) {
            Ok(remote) => remote.look(self.branch, self.path).await,
            Err(error) => Err(error),
        };
        match looked {
            Ok(seen) if seen.found.is_some() => Ok(()),
            Ok(seen) => {
                let message = format!("{} of {} has no folder {}", seen.full_ref, self.url, self.path);
                Err(Failure::new(ErrorKind::Failed, message)
                    .with_hint("push the folder, or name another one with --path; nothing was changed"))
            }
            Err(GitError::Refused { .. } | GitError::NotFound { .. }) if self.token.is_none() => {
                let hint = "check the address; for a private repository give a token in FLUXLIFT_GIT_TOKEN or with \
                            --git-token-file; nothing was changed";
                Err(Failure::new(ErrorKind::Failed, format!("{} cannot be read without a token", self.url))
                    .with_hint(hint))
            }
            Err(error @ (GitError::Refused { .. } | GitError::NotFound { .. } | GitError::NoRef { .. })) => {
                Err(Failure::from(error).with_hint("nothing was changed"))
            }
            Err(error) => {
                warning(&format!("the repository could not be looked at from here; the cluster may reach it: {error}"));
                Ok(())
            }
        }
    }
}
