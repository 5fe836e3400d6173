//! Why the controllers are not proven.

use fluxlift_core::{ErrorKind, Explain, GateName, Hint};
use fluxlift_gate::{GateError, ObserveError};
use fluxlift_kube::RequestError;
use thiserror::Error;

use crate::Component;
use crate::kinds::NAMESPACE;

/// Why the controllers are not proven.
#[derive(Debug, Error)]
pub enum CanaryError {
    /// A canary, or something that it needs, was not proven.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// The cluster refused a request.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The controllers can't be observed, so it is not known which canaries are needed.
    #[error("the controllers in flux-system cannot be observed")]
    Blind {
        /// Why not; `None` when the observation just ended.
        #[source]
        source: Option<ObserveError>,
    },
    /// An admission policy refuses our canaries.
    #[error("the canary {canary} was denied: {denial}")]
    Denied {
        /// Which.
        canary: String,
        /// The denial, as the server gave it.
        denial: String,
    },
    /// A definition is Established but serves no version that we can use.
    #[error("{crd} serves no version")]
    NotServed {
        /// Which.
        crd: String,
    },
}

/// The controller that a gate is about: each names it.
fn controller(gate: &GateName) -> Option<&str> {
    let of_flux = |word: &&str| Component::ALL.iter().any(|component| word.starts_with(component.name()));
    gate.as_str().split(' ').find(of_flux)
}

impl Explain for CanaryError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Gate(error) => error.kind(),
            Self::Request(error) => error.kind(),
            Self::Blind { .. } | Self::Denied { .. } | Self::NotServed { .. } => ErrorKind::NotProven,
        }
    }

    fn hints(&self) -> Vec<Hint> {
        match self {
            Self::Gate(error) => {
                let log = controller(error.gate()).map(|name| {
                    Hint::new(format!("see what it says: `kubectl logs -n {NAMESPACE} deployment/{name}`"))
                });
                log.into_iter().chain(error.hints()).collect()
            }
            Self::Request(error) => error.hints(),
            Self::Blind { .. } => {
                vec![Hint::new("check that the kubeconfig's user may list Deployments, Pods and Leases in flux-system")]
            }
            Self::Denied { .. } => {
                vec![Hint::new(format!(
                    "exempt objects in flux-system with the label {} from the policy",
                    super::LABEL
                ))]
            }
            Self::NotServed { .. } => vec![Hint::new("check the installed Flux version with `flux check`")],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_controller_that_is_not_proven_is_pointed_to_by_its_log() {
        let read = |gate: &'static str| controller(&GateName::new(gate)).map(str::to_owned);
        assert_eq!(read("canary helm-controller HelmRelease").as_deref(), Some("helm-controller"));
        assert_eq!(read("leader of source-controller-shard1 is current").as_deref(), Some("source-controller-shard1"));
        assert_eq!(read("crd/buckets.source.toolkit.fluxcd.io established"), None);
    }
}
