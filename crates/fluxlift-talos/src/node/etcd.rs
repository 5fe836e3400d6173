//! Whether etcd runs on a machine, and whom it knows.

use fluxlift_net::Authority;

use super::probe::chain;
use crate::client::{Access, EtcdMember, Identity, TalosClient, TalosError};
use crate::secrets::ClientIdentity;

/// What is seen of etcd on one control plane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EtcdSight {
    /// It runs, and these are the members it knows.
    Running(Vec<EtcdMember>),
    /// It waits to be bootstrapped or to join; this is the state of its service.
    Waiting(String),
    /// It started and does not answer (yet).
    Silent(String),
    /// The machine could not be asked.
    Unknown(String),
}

impl std::fmt::Display for EtcdSight {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Running(members) => {
                let names: Vec<String> = members
                    .iter()
                    .map(|m| if m.learner { format!("{} (learner)", m.hostname) } else { m.hostname.clone() })
                    .collect();
                write!(f, "runs with {}", names.join(", "))
            }
            Self::Waiting(state) => write!(f, "waits ({state})"),
            Self::Silent(why) => write!(f, "does not answer: {why}"),
            Self::Unknown(why) => write!(f, "cannot be asked: {why}"),
        }
    }
}

/// Looks at etcd on the control plane at `to`.
pub async fn look_at_etcd(access: &Access, to: &Authority, ours: &ClientIdentity) -> EtcdSight {
    match ask(access, to, ours).await {
        Ok(sight) => sight,
        Err(error) => EtcdSight::Unknown(chain(&error)),
    }
}

async fn ask(access: &Access, to: &Authority, ours: &ClientIdentity) -> Result<EtcdSight, TalosError> {
    let client = TalosClient::connect(access, to, Identity::Configured(ours)).await?;
    let etcd = client.services().await?.into_iter().find(|service| service.id == "etcd");
    match etcd.as_ref().map(|service| service.state.as_str()) {
        Some("Running") => Ok(match client.etcd_members().await {
            Ok(members) => EtcdSight::Running(members),
            Err(error) => EtcdSight::Silent(chain(&error)),
        }),
        // Before its first start the service is not listed, or prepares itself by waiting for the bootstrap.
        None => Ok(EtcdSight::Waiting("not started".to_owned())),
        Some(state) => Ok(EtcdSight::Waiting(state.to_owned())),
    }
}
