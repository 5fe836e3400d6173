//! What can go wrong between us and Proxmox, told apart by what helps.

use std::collections::BTreeMap;

use fluxlift_core::{ErrorKind, Explain, Hint};
use fluxlift_gate::GateError;
use fluxlift_net::{HttpError, TlsError};
use thiserror::Error;

/// A call to Proxmox that did not do what it was meant to.
#[derive(Debug, Error)]
pub enum ProxmoxError {
    /// The endpoint is not an address.
    #[error("{given:?} is not the address of a Proxmox API, such as https://pve01:8006")]
    Endpoint {
        /// What was given.
        given: String,
    },
    /// The trust settings can't be used.
    #[error("the trust settings of the Proxmox API cannot be used")]
    Trust(#[source] TlsError),
    /// No answer at all.
    #[error("Proxmox did not answer {request}")]
    Unreachable {
        /// Method and path.
        request: String,
        /// Why not.
        #[source]
        source: HttpError,
    },
    /// 401 for a token: it does not exist, its secret is wrong, or it expired.
    #[error("Proxmox does not know the token {token}: {message}")]
    UnknownToken {
        /// The token's id.
        token: String,
        /// What the server said.
        message: String,
    },
    /// 401 at login: user or password is wrong.
    #[error("Proxmox refused to log {user} in: {message}")]
    Login {
        /// The user.
        user: String,
        /// What the server said.
        message: String,
    },
    /// 401 with a ticket, after a fresh one was made as well.
    #[error("Proxmox refused the ticket of {user} for {request}: {message}")]
    Ticket {
        /// The user.
        user: String,
        /// Method and path.
        request: String,
        /// What the server said.
        message: String,
    },
    /// 403: known, but not allowed.
    #[error("{who} may not {request}: {message}")]
    Forbidden {
        /// Token or user.
        who: String,
        /// Method and path.
        request: String,
        /// What the server said; it names the privilege that is missing.
        message: String,
    },
    /// 400: parameters that the server's schema does not take.
    #[error("Proxmox does not take the parameters of {request}: {}", parameters(message, errors))]
    Parameters {
        /// Method and path.
        request: String,
        /// What the server said.
        message: String,
        /// What is wrong with each parameter.
        errors: BTreeMap<String, String>,
    },
    /// Any other status: Proxmox answers 500 to every plain failure.
    #[error("Proxmox refused {request} with {status}: {message}")]
    Refused {
        /// Method and path.
        request: String,
        /// The status.
        status: u16,
        /// What the server said.
        message: String,
    },
    /// An answer of another shape than the API's.
    #[error("the answer to {request} is not what Proxmox answers")]
    Malformed {
        /// Method and path.
        request: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The run was cancelled while something was repeated.
    #[error("interrupted: {what}")]
    Interrupted {
        /// What had failed before.
        what: String,
    },
    /// A task that did not end well, or not in time.
    #[error(transparent)]
    Task(Box<GateError>),
}

impl From<GateError> for ProxmoxError {
    fn from(error: GateError) -> Self {
        Self::Task(Box::new(error))
    }
}

impl ProxmoxError {
    /// What the server said, where it said something.
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::UnknownToken { message, .. }
            | Self::Login { message, .. }
            | Self::Ticket { message, .. }
            | Self::Forbidden { message, .. }
            | Self::Parameters { message, .. }
            | Self::Refused { message, .. } => Some(message),
            _ => None,
        }
    }

    /// The number of the machine is taken. Success only when it is our own retry: look at the owner first.
    pub fn is_duplicate(&self) -> bool {
        matches!(self, Self::Refused { message, .. } if message.contains("already exists"))
    }

    /// The machine does not exist (which Proxmox reports as a 500).
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Refused { message, .. }
            if message.contains("does not exist") || message.contains("no such VM"))
    }

    /// Somebody changed the configuration since it was read.
    pub fn is_stale_digest(&self) -> bool {
        self.message().is_some_and(|m| m.contains("by other user") || m.contains("checksum mis"))
    }

    /// The task is not in the server's list: just dispatched, or long gone.
    pub fn is_no_such_task(&self) -> bool {
        matches!(self, Self::Parameters { message, errors, .. }
            if message.contains("no such task") || errors.values().any(|e| e.contains("no such task")))
            || matches!(self, Self::Refused { message, .. } if message.contains("no such task"))
    }

    /// Whether trying the same again may help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { source, .. } => !matches!(source, HttpError::Address { .. }) && !distrusts(source),
            Self::Refused { status, .. } => matches!(status, 429 | 502..=504 | 595..=599),
            _ => false,
        }
    }
}

impl Explain for ProxmoxError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Task(gate) => gate.kind(),
            Self::Interrupted { .. } => ErrorKind::Interrupted,
            _ => ErrorKind::Failed,
        }
    }

    fn hints(&self) -> Vec<Hint> {
        let hint = |text: &str| vec![Hint::new(text)];
        match self {
            Self::Endpoint { .. } => hint("set `endpoint` of the tree's proxmox object to https://<host>:8006"),
            Self::Trust(_) => hint("give the cluster's own authority, /etc/pve/pve-root-ca.pem of any Proxmox host"),
            Self::Unreachable { source, .. } => unreachable_hints(source),
            Self::UnknownToken { token, .. } => vec![Hint::new(format!(
                "check the secret of {token} in the tree's credentials; `pveum user token list` shows which tokens exist and when they expire"
            ))],
            Self::Login { .. } => {
                hint("check user, realm and password; a token needs neither a password nor a second factor")
            }
            Self::Ticket { .. } => hint(
                "check that the clocks of this machine and of the Proxmox host agree; a ticket is good for two hours",
            ),
            Self::Forbidden { who, .. } => vec![Hint::new(format!(
                "grant {who} the privilege that is named (`pveum acl modify`); a token with privilege separation has only its own"
            ))],
            Self::Refused { .. } if self.is_stale_digest() => {
                hint("run it again: the configuration was changed meanwhile")
            }
            Self::Parameters { .. } | Self::Refused { .. } | Self::Malformed { .. } | Self::Interrupted { .. } => {
                vec![]
            }
            Self::Task(gate) => gate.hints(),
        }
    }
}

/// Whether the server answered, and is not believed to be the one that was asked for.
fn distrusts(source: &HttpError) -> bool {
    matches!(source, HttpError::Connect { source, .. } if source.to_string().contains("certificate"))
}

fn unreachable_hints(source: &HttpError) -> Vec<Hint> {
    let mut hints = source.hints();
    if distrusts(source) {
        hints.insert(
            0,
            Hint::new(
                "trust the cluster: set `ca_file` to its /etc/pve/pve-root-ca.pem, or `fingerprint` to what `pvenode cert info` shows",
            ),
        );
    }
    hints
}

fn parameters(message: &str, errors: &BTreeMap<String, String>) -> String {
    let mut text = message.trim().to_owned();
    for (parameter, error) in errors {
        text.push_str(&format!("; {parameter}: {}", error.trim()));
    }
    text
}
