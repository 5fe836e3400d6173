//! Whether etcd runs on a machine, and whom it knows.

use fluxlift_core::chain;
use fluxlift_net::Authority;

use crate::client::{Access, EtcdMember, Identity, TalosClient, TalosError};
use crate::secrets::ClientIdentity;

/// The state of the service while it waits to be bootstrapped or to join, and while a member starts after a boot.
const PREPARING: &str = "Preparing";
/// Where etcd keeps its data. Talos makes the folder before it waits, and takes it as a sign of a member when it is not
/// empty.
const DATA: &str = "/var/lib/etcd";
/// The state of the service once it has started.
const RUNNING: &str = "Running";

/// What is seen of etcd on one control plane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EtcdSight {
    /// It runs, and these are the members it knows.
    Running(Vec<EtcdMember>),
    /// It waits to be bootstrapped or to join; this is the state of its service.
    Waiting(String),
    /// It started and does not answer (yet).
    Silent(String),
    /// It neither waits nor runs: it may well hold a cluster's data. This is the state of its service.
    Unclear(String),
    /// The machine could not be asked.
    Unknown(String),
}

impl EtcdSight {
    /// Whether it shows that there is an etcd, or that there is none.
    pub const fn is_clear(&self) -> bool {
        !matches!(self, Self::Unclear(_) | Self::Unknown(_))
    }

    /// What the state of the service shows while it does not run.
    fn idle(state: Option<&str>) -> Self {
        match state {
            Some(PREPARING) => Self::Waiting(PREPARING.to_owned()),
            // A member that boots, has failed or was stopped looks like this, and so does one that Talos has not
            // loaded yet: none of it shows that there is no data.
            Some(state) => Self::Unclear(state.to_owned()),
            None => Self::Unclear("not loaded".to_owned()),
        }
    }
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
            Self::Unclear(state) => write!(f, "neither waits nor runs ({state})"),
            Self::Unknown(why) => write!(f, "cannot be asked: {why}"),
        }
    }
}

/// A control plane as it is seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlPlane {
    /// Its etcd.
    pub etcd: EtcdSight,
    /// Which machine it is, where that can be told: another one when it was made anew.
    pub machine: Option<String>,
}

/// Looks at the control plane at `to`.
pub async fn look_at_control_plane(access: &Access, to: &Authority, ours: &ClientIdentity) -> ControlPlane {
    match ask(access, to, ours).await {
        Ok(seen) => seen,
        Err(error) => ControlPlane { etcd: EtcdSight::Unknown(chain(&error)), machine: None },
    }
}

/// Looks at etcd on the control plane at `to`.
pub async fn look_at_etcd(access: &Access, to: &Authority, ours: &ClientIdentity) -> EtcdSight {
    look_at_control_plane(access, to, ours).await.etcd
}

async fn ask(access: &Access, to: &Authority, ours: &ClientIdentity) -> Result<ControlPlane, TalosError> {
    let client = TalosClient::connect(access, to, Identity::Configured(ours)).await?;
    let machine = client.system_uuid().await?;
    let service = client.services().await?.into_iter().find(|service| service.id == "etcd");
    let etcd = match service.as_ref().map(|service| service.state.as_str()) {
        Some(RUNNING) => match client.etcd_members().await {
            Ok(members) => EtcdSight::Running(members),
            Err(error) => EtcdSight::Silent(chain(&error)),
        },
        Some(PREPARING) if !client.files(DATA).await?.is_empty() => {
            EtcdSight::Silent(format!("{DATA} holds data, and it has not started yet"))
        }
        state => EtcdSight::idle(state),
    };
    Ok(ControlPlane { etcd, machine })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_service_that_waits_to_join_shows_that_there_is_no_etcd() {
        assert!(matches!(EtcdSight::idle(Some("Preparing")), EtcdSight::Waiting(_)));
        for state in ["Failed", "Stopping", "Finished", "Skipped", "Waiting", "Pre", "Starting", "Initialized"] {
            assert!(!EtcdSight::idle(Some(state)).is_clear(), "{state}");
        }
        assert!(!EtcdSight::idle(None).is_clear());
    }
}
