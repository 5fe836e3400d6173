//! What the controllers and kubelets asked to be woken for.

use serde::{Deserialize, Serialize};

use super::{Controller, ProcessId, Step, lease, nodes, pods, process, workers};
use crate::kube::Key;
use crate::{Wake, World};

/// A moment in the life of a controller or a kubelet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ControllerWake {
    /// A process tries to get or renew its Lease.
    Lease {
        /// Which.
        process: ProcessId,
    },
    /// The caches of a process have synced.
    Synced {
        /// Which.
        process: ProcessId,
    },
    /// A worker goes on with an object.
    Pass {
        /// Of which process.
        process: ProcessId,
        /// Of which controller.
        controller: Controller,
        /// With which object.
        object: Key,
        /// Where it left off.
        step: Step,
    },
    /// An object that was put off is to be queued.
    Due {
        /// In which process.
        process: ProcessId,
        /// In which controller.
        controller: Controller,
        /// Which object.
        object: Key,
    },
    /// A kubelet goes on with a Pod.
    Pod {
        /// Which.
        pod: Key,
        /// The Pod's uid, so that a successor of the same name is not mistaken for it.
        uid: String,
        /// What comes next.
        next: pods::Next,
    },
    /// A kubelet reports its node.
    Node {
        /// Which.
        name: String,
    },
}

impl From<ControllerWake> for Wake {
    fn from(wake: ControllerWake) -> Self {
        Self::Controller(Box::new(wake))
    }
}

/// Does what was due.
pub fn wake(world: &mut World, wake: ControllerWake) {
    match wake {
        ControllerWake::Lease { process } => lease::contend(world, process),
        ControllerWake::Synced { process } => process::synced(world, process),
        ControllerWake::Pass { process, controller, object, step } => {
            workers::go_on(world, process, controller, object, step);
        }
        ControllerWake::Due { process, controller, object } => workers::due(world, process, controller, &object),
        ControllerWake::Pod { pod, uid, next } => pods::go_on(world, &pod, &uid, next),
        ControllerWake::Node { name } => nodes::report(world, &name),
    }
}
