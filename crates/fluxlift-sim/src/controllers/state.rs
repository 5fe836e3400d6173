//! What the controllers and kubelets keep between two moments.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::nodes::Kubelet;
use super::pods::Container;
use super::{Process, ProcessId};
use crate::World;
use crate::kube::Key;

/// The controllers and kubelets of a cluster.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Controllers {
    /// The revision up to which changes were seen.
    pub cursor: u64,
    /// How many processes were ever started.
    pub made: ProcessId,
    /// The running processes.
    pub processes: BTreeMap<ProcessId, Process>,
    /// The kubelet of each node, by the node's name.
    pub kubelets: BTreeMap<String, Kubelet>,
    /// What the kubelets run.
    pub containers: BTreeMap<Key, Container>,
}

/// Lets every controller see what changed since it last looked, and puts free workers to work.
///
/// Nothing is written here: each pass takes a moment of its own, and is on the agenda.
pub fn react(world: &mut World) {
    if world.controllers.processes.is_empty() && world.kube.api.revision() > 0 {
        super::process::start_control_plane(world);
    }
    super::informer::catch_up(world);
    super::workers::assign(world);
}
