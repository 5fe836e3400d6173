//! How a call can fail.

use std::time::Duration;

use fluxlift_core::deadline::human_duration;
use fluxlift_core::{Explain, Hint};
use fluxlift_net::{Authority, TlsError};
use thiserror::Error;
use tonic::{Code, Status};

use super::KubeconfigError;

/// Whether trying again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The machine is away for now: it boots, reboots, or the network is down.
    Away,
    /// The machine is not ready for this yet: another change is under way, or something it needs is not up.
    NotYet,
    /// It has been done before.
    Already,
    /// It will not work by trying again.
    Final,
}

/// Why a machine did not do what it was asked.
#[derive(Debug, Error)]
pub enum TalosError {
    /// No connection.
    #[error("{to} cannot be reached")]
    Unreachable {
        /// The machine.
        to: Authority,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The machine is not the one that is believed.
    #[error("{to} is not the machine that is expected")]
    Untrusted {
        /// The machine.
        to: Authority,
        /// What is wrong with its certificate.
        #[source]
        source: rustls::Error,
    },
    /// The machine does not believe us.
    #[error("{to} refused our client certificate")]
    Refused {
        /// The machine.
        to: Authority,
        /// Its alert.
        #[source]
        source: rustls::Error,
    },
    /// Our own certificates are unusable.
    #[error("our own certificates for {to} cannot be used")]
    Material {
        /// The machine.
        to: Authority,
        /// Why not.
        #[source]
        source: TlsError,
    },
    /// The connection broke after it stood.
    #[error("the connection to {to} broke during {call}")]
    Broken {
        /// The machine.
        to: Authority,
        /// The call.
        call: &'static str,
    },
    /// No answer in time.
    #[error("{to} did not answer {call} in {}", human_duration(*limit))]
    TimedOut {
        /// The machine.
        to: Authority,
        /// The call.
        call: &'static str,
        /// The limit.
        limit: Duration,
    },
    /// The machine said no.
    #[error("{to} answered {call} with {code:?}: {message}")]
    Answer {
        /// The machine.
        to: Authority,
        /// The call.
        call: &'static str,
        /// The code.
        code: Code,
        /// Its words.
        message: String,
    },
    /// The answer lacks what was asked for.
    #[error("the answer of {to} to {call} lacks {what}")]
    Empty {
        /// The machine.
        to: Authority,
        /// The call.
        call: &'static str,
        /// What.
        what: &'static str,
    },
    /// The kubeconfig could not be taken out of its archive.
    #[error("the kubeconfig that {to} sent cannot be used")]
    Kubeconfig {
        /// The machine.
        to: Authority,
        /// Why not.
        #[source]
        source: KubeconfigError,
    },
}

impl TalosError {
    /// Whether trying again can help.
    pub const fn class(&self) -> Class {
        match self {
            Self::Unreachable { .. } | Self::Broken { .. } | Self::TimedOut { .. } | Self::Kubeconfig { .. } => {
                Class::Away
            }
            Self::Answer { code, .. } => match code {
                Code::Unavailable | Code::DeadlineExceeded | Code::Aborted | Code::Cancelled => Class::Away,
                Code::FailedPrecondition | Code::NotFound | Code::ResourceExhausted => Class::NotYet,
                Code::AlreadyExists => Class::Already,
                _ => Class::Final,
            },
            Self::Untrusted { .. } | Self::Refused { .. } | Self::Material { .. } | Self::Empty { .. } => Class::Final,
        }
    }

    /// What became of a connection that could not be opened.
    pub(crate) fn of_io(to: &Authority, error: std::io::Error) -> Self {
        let to = to.clone();
        match tls_cause(&error) {
            Some(source @ rustls::Error::AlertReceived(_)) => Self::Refused { to, source },
            Some(source @ rustls::Error::InvalidCertificate(_)) => Self::Untrusted { to, source },
            _ => Self::Unreachable { to, source: error },
        }
    }

    /// What became of a call over a connection that may have ended with a last word.
    pub(super) fn of_status(
        to: &Authority,
        call: &'static str,
        status: &Status,
        last_word: Option<rustls::Error>,
    ) -> Self {
        let to = to.clone();
        match last_word {
            Some(source @ rustls::Error::AlertReceived(_)) => Self::Refused { to, source },
            // Only a failure of our own side has a cause; what a server sends has none.
            _ if std::error::Error::source(status).is_some() => Self::Broken { to, call },
            _ => Self::answer(to, call, status.code(), status.message()),
        }
    }

    pub(super) fn answer(to: Authority, call: &'static str, code: Code, message: &str) -> Self {
        Self::Answer { to, call, code, message: message.to_owned() }
    }
}

impl Explain for TalosError {
    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Unreachable { to, .. } => {
                vec![Hint::new(format!("check that {to} is up and reachable from this machine"))]
            }
            Self::Untrusted { .. } => vec![Hint::new(
                "look whether another machine has this address, or whether the machine was installed with other secrets",
            )],
            Self::Refused { .. } => vec![Hint::new(
                "check the time on both sides; if our certificate has expired, run apply on the secrets unit again",
            )],
            Self::Answer { code: Code::PermissionDenied, .. } => {
                vec![Hint::new("use a client certificate of the role os:admin")]
            }
            Self::Broken { .. } | Self::TimedOut { .. } => {
                vec![Hint::new("run it again; fluxlift looks at the machine before it does anything")]
            }
            Self::Material { .. } | Self::Answer { .. } | Self::Empty { .. } | Self::Kubeconfig { .. } => vec![],
        }
    }
}

/// The TLS error inside of an I/O error.
pub(super) fn tls_cause(error: &std::io::Error) -> Option<rustls::Error> {
    error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()).cloned()
}
