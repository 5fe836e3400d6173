//! Why a request to the cluster failed, and whether trying again can help.

use std::error::Error;
use std::time::Duration;

use fluxlift_core::{Explain, Hint};
use fluxlift_gate::ObserveError;
use kube::core::Status;
use thiserror::Error;

/// What to do when the failure has passed.
const AGAIN: &str =
    "run the same command again when it answers; an apply that has begun goes on with `fluxlift resume`";

/// What API servers say of a path at which nothing is served, as text and as a status.
const NO_SUCH_PATH: [&str; 2] = ["404 page not found", "the server could not find the requested resource"];

/// What sort of failure it is, for those who decide what to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Trying again may help: no connection, 429, 5xx, a time limit.
    Transient,
    /// 404: there is no such object, or its kind is not served (yet).
    NotFound,
    /// 409: somebody else owns the field, the precondition does not hold, or the name is taken.
    Conflict,
    /// 401 or 403: we may not.
    Forbidden,
    /// Anything else that will stay: the object is invalid, the certificate is not believed.
    Terminal,
}

/// A request that failed.
#[derive(Debug, Error)]
pub enum RequestError {
    /// The server answered, and the answer is no.
    #[error("{doing} was refused with {code} {reason}: {message}")]
    Refused {
        /// What was tried, such as `get deployment/flux-system/flux-operator`.
        doing: String,
        /// The HTTP status.
        code: u16,
        /// The API's reason, in one word.
        reason: String,
        /// The API's message.
        message: String,
    },
    /// There was no answer.
    #[error("{doing} got no answer from {server}")]
    Unanswered {
        /// What was tried.
        doing: String,
        /// The API server's address.
        server: String,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The server is not the one that the kubeconfig describes, or it does not believe our certificate.
    #[error("{doing} failed because TLS with {server} was refused")]
    Tls {
        /// What was tried.
        doing: String,
        /// The API server's address.
        server: String,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The answer took too long.
    #[error("{doing} got no answer from {server} in {}s", limit.as_secs())]
    TimedOut {
        /// What was tried.
        doing: String,
        /// The API server's address.
        server: String,
        /// The limit.
        limit: Duration,
    },
    /// The answer is not what the API promises.
    #[error("the answer to {doing} cannot be read")]
    Unreadable {
        /// What was tried.
        doing: String,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The cluster does not serve that kind.
    #[error("the cluster serves no {kind} in {api_version}")]
    NotServed {
        /// The kind.
        kind: String,
        /// The group and version.
        api_version: String,
    },
    /// Another cluster answers at the address.
    #[error("{doing} reached another cluster: kube-system had UID {known} and now has {now}")]
    Rebuilt {
        /// What was tried.
        doing: String,
        /// The cluster's identity at first.
        known: String,
        /// The identity now.
        now: String,
    },
    /// The run was cancelled while it was being retried.
    #[error("{doing} was interrupted")]
    Interrupted {
        /// What was tried.
        doing: String,
    },
}

impl RequestError {
    pub(crate) fn of_kube(doing: &str, server: &str, error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) => Self::of_status(doing, &status),
            kube::Error::SerdeError(source) => Self::Unreadable { doing: doing.to_owned(), source: source.into() },
            kube::Error::FromUtf8(source) => Self::Unreadable { doing: doing.to_owned(), source: source.into() },
            kube::Error::Service(source) => Self::of_transport(doing, server, source),
            kube::Error::HyperError(source) => Self::of_transport(doing, server, source.into()),
            kube::Error::ReadEvents(source) => Self::of_transport(doing, server, source.into()),
            other => Self::of_transport(doing, server, other.into()),
        }
    }

    pub(crate) fn of_status(doing: &str, status: &Status) -> Self {
        Self::Refused {
            doing: doing.to_owned(),
            code: status.code,
            reason: status.reason.clone(),
            message: status.message.clone(),
        }
    }

    fn of_transport(doing: &str, server: &str, source: Box<dyn Error + Send + Sync>) -> Self {
        let (doing, server) = (doing.to_owned(), server.to_owned());
        if is_tls_refusal(source.as_ref()) {
            Self::Tls { doing, server, source }
        } else {
            Self::Unanswered { doing, server, source }
        }
    }

    /// What sort of failure it is.
    pub fn class(&self) -> Class {
        match self {
            Self::Refused { code: 404, .. } | Self::NotServed { .. } => Class::NotFound,
            Self::Refused { code: 409, .. } => Class::Conflict,
            Self::Refused { code: 401 | 403, .. } => Class::Forbidden,
            Self::Refused { code: 408 | 429 | 500..=599, .. } => Class::Transient,
            Self::Unanswered { .. } | Self::TimedOut { .. } => Class::Transient,
            Self::Refused { .. }
            | Self::Tls { .. }
            | Self::Unreadable { .. }
            | Self::Rebuilt { .. }
            | Self::Interrupted { .. } => Class::Terminal,
        }
    }

    /// Whether it is a 404.
    pub fn is_not_found(&self) -> bool {
        self.class() == Class::NotFound
    }

    /// Whether nothing is served at the path of the request: its definition may be established and not served yet. A 404
    /// for an object or a namespace names it.
    pub fn is_of_unserved_path(&self) -> bool {
        matches!(self, Self::Refused { code: 404, message, .. } if NO_SUCH_PATH.contains(&message.trim()))
    }

    /// Whether it is a 410: the resourceVersion is too old to watch from.
    pub const fn is_gone(&self) -> bool {
        matches!(self, Self::Refused { code: 410, .. })
    }

    /// Whether a name was already taken.
    pub fn is_already_exists(&self) -> bool {
        matches!(self, Self::Refused { code: 409, reason, .. } if reason == "AlreadyExists")
    }

    /// The denial of an admission webhook or policy, where it is one.
    pub fn denial(&self) -> Option<&str> {
        match self {
            Self::Refused { code: 400..=422, message, .. }
                if message.contains("admission webhook") || message.contains("ValidatingAdmissionPolicy") =>
            {
                Some(message)
            }
            _ => None,
        }
    }
}

/// Whether rustls itself said no, to the server's certificate or by the server to ours.
fn is_tls_refusal(error: &(dyn Error + 'static)) -> bool {
    use rustls::{AlertDescription as Alert, Error as Tls};
    let mut next = Some(error);
    while let Some(error) = next {
        let tls = error.downcast_ref::<Tls>().or_else(|| {
            let io = error.downcast_ref::<std::io::Error>()?;
            io.get_ref()?.downcast_ref::<Tls>()
        });
        if let Some(tls) = tls {
            return matches!(
                tls,
                Tls::InvalidCertificate(_)
                    | Tls::AlertReceived(
                        Alert::BadCertificate
                            | Alert::CertificateExpired
                            | Alert::CertificateUnknown
                            | Alert::CertificateRequired
                            | Alert::UnknownCA
                    )
            );
        }
        next = error.source();
    }
    false
}

impl From<RequestError> for ObserveError {
    fn from(error: RequestError) -> Self {
        let what = error.to_string();
        let observe = if error.class() == Class::Transient { Self::transient(what) } else { Self::terminal(what) };
        let observe = observe.with_hints(error.hints());
        match error {
            RequestError::Unanswered { source, .. }
            | RequestError::Tls { source, .. }
            | RequestError::Unreadable { source, .. } => observe.caused_by(source),
            _ => observe,
        }
    }
}

impl Explain for RequestError {
    fn kind(&self) -> fluxlift_core::ErrorKind {
        match self {
            Self::Interrupted { .. } => fluxlift_core::ErrorKind::Interrupted,
            _ => fluxlift_core::ErrorKind::Failed,
        }
    }

    fn hints(&self) -> Vec<Hint> {
        let hint = match (self, self.class()) {
            (Self::Unanswered { server, .. } | Self::TimedOut { server, .. }, _) => {
                let ask = "check that the control planes are up and that this machine reaches them";
                return vec![Hint::new(format!("{ask}: `curl -k {server}/readyz`")), Hint::new(AGAIN)];
            }
            (Self::Tls { .. }, _) => {
                "check that the kubeconfig belongs to this cluster and that this machine's clock is right"
            }
            (Self::Rebuilt { .. }, _) => "the cluster was rebuilt during the run: start a new run against it",
            (Self::NotServed { .. }, _) => "check that the custom resource definition is installed",
            (Self::Refused { code: 401, .. }, _) => {
                "fetch a fresh kubeconfig: the server does not know these credentials"
            }
            (_, Class::Forbidden) => "give the kubeconfig's user the permission that the message names",
            (_, Class::Conflict) => "see who else manages this object with `kubectl get --show-managed-fields`",
            (_, Class::Transient) => AGAIN,
            (_, Class::NotFound | Class::Terminal) => return Vec::new(),
        };
        vec![Hint::new(hint)]
    }
}
