//! A machine and the configuration that it runs.

use fluxlift_net::Authority;

use super::NodeState;
use super::probe::probe_and_keep;
use crate::MachineConfig;
use crate::client::Access;
use crate::proto::resource::Stage;
use crate::secrets::ClientIdentity;

/// What is seen of a machine that should run a certain configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// Its state.
    pub state: NodeState,
    /// Whether it runs the configuration that is meant; `None` where that cannot be seen.
    pub as_meant: Option<bool>,
}

impl Sight {
    /// Whether the machine is one of ours, past its installation, and runs what is meant.
    pub fn settled(&self) -> bool {
        matches!(&self.state, NodeState::Ours(status) if matches!(status.stage, Stage::Booting | Stage::Running))
            && self.as_meant == Some(true)
    }
}

/// Looks at the machine at `to`, and at the configuration that it runs where it is ours.
pub async fn look(access: &Access, to: &Authority, ours: &ClientIdentity, meant: &MachineConfig) -> Sight {
    let (state, client) = probe_and_keep(access, to, Some(ours)).await;
    let running = match client {
        Some(client) => client.config().await.ok().flatten(),
        None => None,
    };
    Sight { state, as_meant: running.map(|running| running == *meant) }
}
