//! Why a restore was not done, or is not proven.

use fluxlift_core::{ErrorKind, Explain, Hint};
use fluxlift_gate::GateError;
use fluxlift_kube::RequestError;
use thiserror::Error;

/// Why a restore was not done, or is not proven.
#[derive(Debug, Error)]
pub enum RestoreError {
    /// The cluster refused a request, or does not answer.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// A step was not proven.
    #[error(transparent)]
    Gate(Box<GateError>),
    /// The provider is not installed.
    #[error("{server} has no {provider}: it defines no {definition}")]
    NotInstalled {
        /// The provider.
        provider: &'static str,
        /// The API server.
        server: String,
        /// The definition that is missing.
        definition: String,
    },
    /// The cluster has no such namespace.
    #[error("the cluster has no namespace {0}")]
    NoNamespace(String),
    /// All are meant, and there is none.
    #[error("nothing was restored: there is no ReplicationDestination and no Restore in {0}")]
    Empty(String),
    /// No destination has that name.
    #[error("there is no destination {name}")]
    Unknown {
        /// The name.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// More than one destination has that name.
    #[error("{name} fits {}", fits.join(" and "))]
    Ambiguous {
        /// The name.
        name: String,
        /// Which.
        fits: Vec<String>,
    },
    /// It may not be restored as it is.
    #[error("it was not restored: {why}")]
    Refused {
        /// Why not.
        why: String,
        /// What a person can do.
        act: String,
    },
    /// A backup that was held went on before the restore had ended.
    #[error("{backup} was not paused any more when the restore had ended: what it backed up meanwhile may be nothing")]
    WentOn {
        /// The backup.
        backup: String,
    },
    /// Somebody else kept changing an object.
    #[error("{target} was changed by somebody else each time that it was to be {act}")]
    Contended {
        /// The object.
        target: String,
        /// What was to be done to it.
        act: &'static str,
    },
}

impl From<GateError> for RestoreError {
    fn from(error: GateError) -> Self {
        Self::Gate(Box::new(error))
    }
}

impl RestoreError {
    /// Whether it is a step that waiting will not prove.
    pub(super) fn is_stuck(&self) -> bool {
        matches!(self, Self::Gate(error) if matches!(**error, GateError::Stuck { .. }))
    }
}

impl Explain for RestoreError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Request(error) => error.kind(),
            Self::Gate(error) => error.kind(),
            Self::Refused { .. } | Self::WentOn { .. } => ErrorKind::NotProven,
            Self::NotInstalled { .. }
            | Self::NoNamespace(_)
            | Self::Empty(_)
            | Self::Unknown { .. }
            | Self::Ambiguous { .. }
            | Self::Contended { .. } => ErrorKind::Failed,
        }
    }

    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Request(error) => error.hints(),
            // `resume` is about runs of units; this is resumed by the same command.
            Self::Gate(error) => match **error {
                GateError::Blind { .. } | GateError::Stuck { .. } => error.hints(),
                GateError::Deadline { .. } => {
                    vec![Hint::new(
                        "mend what the last verdict names, then run the same command again: it goes on from here",
                    )]
                }
                GateError::Cancelled { .. } => {
                    vec![Hint::new(
                        "run the same command again to go on from here, or `fluxlift restore --release --all`",
                    )]
                }
            },
            Self::NotInstalled { .. } => {
                vec![Hint::new("install VolSync or kopiur, or check that this is the right cluster")]
            }
            Self::NoNamespace(_) => vec![Hint::new("see which there are with `kubectl get namespaces`")],
            Self::Empty(_) => vec![Hint::new(
                "check that this is the right cluster, and that what Flux delivers is there: `fluxlift status`",
            )],
            Self::Unknown { known, .. } if known.is_empty() => {
                vec![Hint::new(
                    "there is none at all: a ReplicationDestination of VolSync or a Restore of kopiur says what is to be restored",
                )]
            }
            Self::Unknown { known, .. } => vec![Hint::new(format!("there is {}", known.join(", ")))],
            Self::Ambiguous { .. } => vec![Hint::new("name it as it is told here, or say -n NAMESPACE")],
            Self::Refused { act, .. } => vec![Hint::new(act.clone())],
            Self::WentOn { .. } => vec![Hint::new(
                "it is held again: see what is newest in its repository, and who took the pause off with \
                 `kubectl get replicationsource --show-managed-fields`; then run it again",
            )],
            Self::Contended { .. } => {
                vec![Hint::new("see who manages it with `kubectl get --show-managed-fields`, then run it again")]
            }
        }
    }
}
