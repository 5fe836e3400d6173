//! Why a rescue did not come to its end.

use fluxlift_core::{ErrorKind, Explain, Hint};
use fluxlift_gate::GateError;
use fluxlift_kube::RequestError;
use thiserror::Error;

use super::storage::StorageError;
use crate::status::StatusError;

/// Why a rescue did not come to its end. What did not help is no error: it is in the outcome.
#[derive(Debug, Error)]
pub enum RescueError {
    /// The cluster can't be looked at.
    #[error(transparent)]
    Look(#[from] StatusError),
    /// The cluster refused a request.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The run was cancelled, or what it waited for can't be observed.
    #[error(transparent)]
    Gate(Box<GateError>),
    /// Helm's storage is not as it must be for an edit.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A Helm action has begun since it was planned to restart a controller.
    #[error("{0} has begun a Helm action meanwhile, which a restart would cancel")]
    Busy(String),
    /// The controller that should be restarted works off a queue.
    #[error("deployment/{deployment} works off its queue: {load}. A restart would begin it anew")]
    Crowded {
        /// The Deployment.
        deployment: String,
        /// How much it has to do.
        load: String,
    },
    /// Another object has the name by now.
    #[error("{0} was replaced since it was looked at, and nothing was done to the new one")]
    Replaced(String),
    /// There is no such object.
    #[error("there is no {0} among the sources, Kustomizations and HelmReleases of this cluster")]
    Unknown(String),
    /// There is more than one such object.
    #[error("{name} may be any of {titles}")]
    Ambiguous {
        /// The name.
        name: String,
        /// The objects.
        titles: String,
    },
}

impl From<GateError> for RescueError {
    fn from(error: GateError) -> Self {
        Self::Gate(Box::new(error))
    }
}

impl RescueError {
    /// What was seen last, where it only says that an act did not help.
    pub(super) fn or_no_help(self) -> Result<String, Self> {
        match self {
            Self::Gate(error) => match *error {
                GateError::Stuck { why, .. } => Ok(why),
                error @ GateError::Deadline { .. } => Ok(error.to_string()),
                error => Err(error.into()),
            },
            Self::Storage(error) => Ok(fluxlift_core::chain(&error)),
            // It went while it was looked at: that is no reason to leave the others as they are.
            Self::Request(error) if error.is_not_found() => Ok(fluxlift_core::chain(&error)),
            busy @ (Self::Busy(_) | Self::Crowded { .. }) => Ok(busy.to_string()),
            other => Err(other),
        }
    }
}

impl Explain for RescueError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Look(error) => error.kind(),
            Self::Request(error) => error.kind(),
            Self::Gate(error) => error.kind(),
            Self::Storage(error) => error.kind(),
            Self::Busy(_) | Self::Crowded { .. } | Self::Replaced(_) | Self::Unknown(_) | Self::Ambiguous { .. } => {
                ErrorKind::Failed
            }
        }
    }

    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Look(error) => error.hints(),
            Self::Request(error) => error.hints(),
            // Nothing of a rescue is in a journal: what it did is marked on the objects.
            Self::Gate(error) if error.kind() == ErrorKind::Interrupted => {
                vec![Hint::new("run the same command again: it goes on where this one stopped")]
            }
            Self::Gate(error) => error.hints(),
            Self::Storage(error) => error.hints(),
            Self::Busy(_) => vec![Hint::new("run it again when the action has ended, or with --interrupt")],
            Self::Crowded { .. } => {
                vec![Hint::new("wait until it has come by, or give the controller more workers (--concurrent)")]
            }
            Self::Replaced(_) => vec![Hint::new("run it again: it looks at everything anew")],
            Self::Unknown(_) | Self::Ambiguous { .. } => {
                vec![Hint::new("name it as `fluxlift status` does: helmrelease/<namespace>/<name>")]
            }
        }
    }
}
