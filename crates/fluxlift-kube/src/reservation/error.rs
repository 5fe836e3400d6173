//! Why a cluster is not ours to change.

use fluxlift_core::{ErrorKind, Explain, Hint, Timestamp};
use thiserror::Error;

use super::record::{NAME, NAMESPACE};
use crate::{Class, RequestError};

/// A cluster that could not be reserved, or did not stay so.
#[derive(Debug, Error)]
pub enum ReservationError {
    /// Another run is at work.
    #[error("the cluster at {server} is reserved by {holder}, last renewed at {renewed:.0}")]
    Held {
        /// The API server's address.
        server: String,
        /// Who.
        holder: String,
        /// When it was last heard of.
        renewed: Timestamp,
    },
    /// Another run took the cluster over while this one was out of touch with it.
    #[error("the cluster at {server} was taken over by {holder}: this run did not renew its reservation in time")]
    Lost {
        /// The API server's address.
        server: String,
        /// Who.
        holder: String,
    },
    /// The Lease can't be read or written.
    #[error("the cluster at {server} could not be reserved for this run by the Lease {NAMESPACE}/{NAME}")]
    Request {
        /// The API server's address.
        server: String,
        /// Why not.
        source: RequestError,
    },
    /// Somebody stopped the run.
    #[error("the wait for the cluster's reservation was interrupted")]
    Interrupted,
}

impl Explain for ReservationError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Held { .. } => ErrorKind::LockHeld,
            Self::Lost { .. } | Self::Interrupted => ErrorKind::Interrupted,
            Self::Request { source, .. } => source.kind(),
        }
    }

    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Held { .. } => vec![
                Hint::new("wait for that run to end, then run the same command again"),
                Hint::new(format!(
                    "if it is dead, its reservation runs out by itself within half a minute; `kubectl delete lease -n {NAMESPACE} \
                     {NAME}` frees the cluster at once"
                )),
            ],
            Self::Lost { .. } => vec![Hint::new("wait for that run to end, then run `fluxlift resume`")],
            Self::Request { source, .. } if source.class() == Class::Forbidden => vec![Hint::new(format!(
                "give the kubeconfig's user the verbs get, create, update and delete on Leases in {NAMESPACE}: \
                 `kubectl create role {NAME}-lease -n {NAMESPACE} --resource=leases.coordination.k8s.io \
                 --verb=get,create,update,delete`, and a RoleBinding to it; without the Lease nobody could tell whether \
                 another run is at work"
            ))],
            Self::Request { source, .. } => source.hints(),
            Self::Interrupted => Vec::new(),
        }
    }
}
