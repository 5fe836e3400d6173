//! Delivering a configuration once, and finding out what became of it.

use fluxlift_net::Authority;

use super::NodeState;
use crate::MachineConfig;
use crate::client::{Access, Class, Fingerprint, Identity, TalosClient, TalosError};
use crate::proto::machine::ApplyMode;
use crate::secrets::ClientIdentity;

/// What became of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// The machine said that it took the configuration.
    Taken {
        /// In its words.
        details: String,
    },
    /// The connection broke or the answer was lost after the configuration may have arrived: only looking tells.
    Unclear {
        /// What was seen.
        why: String,
    },
}

/// Sends `config` to the machine at `to`, which was last seen in `state`.
///
/// A machine in maintenance gets it only when its public key is `pin`: the configuration holds every secret of the
/// cluster.
///
/// # Errors
/// When it certainly did not arrive, or the machine refused it.
pub async fn deliver(
    access: &Access,
    to: &Authority,
    state: &NodeState,
    pin: Option<Fingerprint>,
    ours: &ClientIdentity,
    config: &MachineConfig,
) -> Result<Delivery, TalosError> {
    let identity = match (state, pin) {
        (NodeState::Maintenance { .. }, Some(pin)) => Identity::Maintenance(pin),
        (NodeState::Maintenance { .. }, None) => {
            let what = "a pin: the configuration holds secrets";
            return Err(TalosError::Empty { to: to.clone(), call: "ApplyConfiguration", what });
        }
        _ => Identity::Configured(ours),
    };
    let client = TalosClient::connect(access, to, identity).await?;
    match client.apply(config, ApplyMode::Auto).await {
        Ok(details) => Ok(Delivery::Taken { details }),
        Err(error) if error.class() == Class::Away => Ok(Delivery::Unclear { why: fluxlift_core::chain(&error) }),
        Err(error) => Err(error),
    }
}
