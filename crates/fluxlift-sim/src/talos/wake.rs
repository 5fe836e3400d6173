//! What machines asked to be woken for.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::timing::Span;
use super::{etcd, kubernetes, life};
use crate::{Wake, World};

/// A moment in the life of a machine. It is void when the machine has booted since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TalosWake {
    vmid: u32,
    boot: u32,
    next: Next,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Next {
    /// The API of a machine in maintenance opens.
    Maintenance,
    /// The API of a configured machine opens.
    Api,
    /// Talos is installed from the image on disk, and its connections end.
    Install,
    /// The installation is done: reboot.
    Installed,
    /// The container runtime is up.
    Cri,
    /// The time is in sync.
    TimeSync,
    /// The kubelet runs.
    Kubelet,
    /// Etcd runs.
    Etcd,
    /// Etcd looks for a cluster to join.
    Join,
    /// The member gets its vote.
    Promote,
    /// The API server serves.
    ApiServer,
    /// The shared address answers.
    Vip,
    /// The node registers.
    Register,
    /// The inline manifests are applied.
    Manifests,
    /// It reboots.
    Reboot,
    /// It is wiped, and boots anew.
    Wiped,
}

/// Asks for `next` after a while.
pub(super) fn after(world: &mut World, vmid: u32, span: Span, next: Next) {
    let delay = span.draw(world);
    in_exactly(world, vmid, delay, next);
}

fn in_exactly(world: &mut World, vmid: u32, delay: SignedDuration, next: Next) {
    let Some(boot) = world.talos.machines.get(&vmid).map(|m| m.boot) else { return };
    let delay = delay / world.options.haste;
    world.agenda.after(world.now, delay, Wake::Talos(TalosWake { vmid, boot, next }));
}

/// Does what was due.
pub fn wake(world: &mut World, wake: TalosWake) {
    let TalosWake { vmid, boot, next } = wake;
    let current = world.talos.machines.get(&vmid).is_some_and(|m| m.on && m.boot == boot);
    if !current {
        return;
    }
    match next {
        Next::Maintenance => life::maintenance(world, vmid),
        Next::Api => life::api(world, vmid),
        Next::Install => life::install(world, vmid),
        Next::Installed => life::installed(world, vmid),
        Next::Cri => life::cri(world, vmid),
        Next::TimeSync => life::time_sync(world, vmid),
        Next::Reboot => life::boot(world, vmid),
        Next::Wiped => life::wiped(world, vmid),
        Next::Etcd => etcd::runs(world, vmid),
        Next::Join => etcd::join(world, vmid),
        Next::Promote => etcd::promote(world, vmid),
        Next::Kubelet => kubernetes::kubelet(world, vmid),
        Next::ApiServer => kubernetes::api_server(world, vmid),
        Next::Vip => kubernetes::vip(world, vmid),
        Next::Register => kubernetes::register(world, vmid),
        Next::Manifests => super::manifests::apply(world, vmid),
    }
}
