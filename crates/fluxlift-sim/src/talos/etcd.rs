//! Etcd: founding a cluster, joining one, getting a vote.

use rand::Rng;

use super::machine::{EtcdData, EtcdState, Member};
use super::timing::{API_SERVER, API_SERVER_AGAIN, ETCD, JOIN, PROMOTE, VIP};
use super::wake::{Next, after};
use super::{Machine, TalosFault, life};
use crate::World;

/// Etcd of a control plane that has booted: it starts from its folder, or looks for a cluster.
pub(super) fn wait(world: &mut World, vmid: u32) {
    let Some(machine) = world.talos.machines.get_mut(&vmid) else { return };
    if machine.disk.etcd.is_some() {
        machine.etcd = EtcdState::Starting;
        after(world, vmid, ETCD, Next::Etcd);
    } else {
        let now = world.now;
        machine.print(
            now,
            "[talos] etcd is waiting to join the cluster, if this node is the first node in the cluster, \
                            please run `talosctl bootstrap` against one of the following IPs",
        );
        if joinable(world, vmid).is_some() {
            after(world, vmid, JOIN, Next::Join);
        }
    }
}

/// Founds a cluster on this machine. Nothing here looks at any other machine: that is how clusters get split.
pub(super) fn found(world: &mut World, vmid: u32) {
    let (cluster, member) = (world.random.r#gen(), world.random.r#gen());
    let Some(machine) = world.talos.machines.get_mut(&vmid) else { return };
    machine.disk.etcd = Some(EtcdData { cluster, member });
    machine.etcd = EtcdState::Starting;
    let first = member_of(vmid, machine, false);
    world.talos.etcd.insert(cluster, [(member, first)].into());
    after(world, vmid, ETCD, Next::Etcd);
}

/// Etcd runs: the API server follows, and others that wait can join.
pub(super) fn runs(world: &mut World, vmid: u32) {
    let now = world.now;
    let Some(machine) = world.talos.machines.get_mut(&vmid) else { return };
    machine.etcd = EtcdState::Running;
    machine.print(now, "[talos] service[etcd](Running): Health check successful");
    let again = machine.images.contains("kube-apiserver");
    let learner = is_learner(world, vmid);
    if learner {
        after(world, vmid, PROMOTE, Next::Promote);
    } else {
        after(world, vmid, VIP, Next::Vip);
    }
    after(world, vmid, if again { API_SERVER_AGAIN } else { API_SERVER }, Next::ApiServer);
    life::settle_stage(world, vmid);
    let waiting: Vec<u32> = world.talos.machines.iter().filter(|(_, m)| waits(m)).map(|(vmid, _)| *vmid).collect();
    for other in waiting {
        after(world, other, JOIN, Next::Join);
    }
}

/// Joins a running cluster as a learner. Etcd takes one learner at a time: the next one looks again later.
pub(super) fn join(world: &mut World, vmid: u32) {
    if !world.talos.machines.get(&vmid).is_some_and(waits) {
        return;
    }
    let Some(cluster) = joinable(world, vmid) else { return };
    let busy = world.talos.etcd.get(&cluster).is_some_and(|members| members.values().any(|m| m.learner));
    if busy {
        after(world, vmid, JOIN, Next::Join);
        return;
    }
    let member = world.random.r#gen();
    let Some(machine) = world.talos.machines.get_mut(&vmid) else { return };
    machine.disk.etcd = Some(EtcdData { cluster, member });
    machine.etcd = EtcdState::Starting;
    let learner = member_of(vmid, machine, true);
    world.talos.etcd.entry(cluster).or_default().insert(member, learner);
    after(world, vmid, ETCD, Next::Etcd);
}

/// A learner has caught up and gets its vote.
pub(super) fn promote(world: &mut World, vmid: u32) {
    let Some(machine) = world.talos.machines.get(&vmid) else { return };
    if world.talos.faults.contains(&TalosFault::NoVote { address: machine.spec.address }) {
        after(world, vmid, PROMOTE, Next::Promote);
        return;
    }
    let Some(data) = machine.disk.etcd else { return };
    if let Some(member) = world.talos.etcd.get_mut(&data.cluster).and_then(|c| c.get_mut(&data.member)) {
        member.learner = false;
        world.changes += 1;
    }
    after(world, vmid, VIP, Next::Vip);
}

/// Takes a machine's member out of its cluster.
pub(super) fn leave(world: &mut World, vmid: u32) {
    let data = world.talos.machines.get_mut(&vmid).and_then(|m| m.disk.etcd.take());
    if let Some(data) = data
        && let Some(members) = world.talos.etcd.get_mut(&data.cluster)
    {
        members.remove(&data.member);
        if members.is_empty() {
            world.talos.etcd.remove(&data.cluster);
        }
    }
}

/// Whether etcd of this machine waits for a cluster.
fn waits(machine: &Machine) -> bool {
    machine.on && machine.cri && machine.is_control_plane() && machine.disk.etcd.is_none()
}

fn is_learner(world: &World, vmid: u32) -> bool {
    let data = world.talos.machines.get(&vmid).and_then(|m| m.disk.etcd);
    let member = data.and_then(|d| world.talos.etcd.get(&d.cluster)?.get(&d.member));
    member.is_some_and(|m| m.learner)
}

/// The etcd cluster that this machine would find: that of the first running member of the same Talos cluster.
fn joinable(world: &World, vmid: u32) -> Option<u64> {
    let id = |m: &Machine| m.config().and_then(|c| c.text(&["cluster", "id"]).map(str::to_owned));
    let own = world.talos.machines.get(&vmid).and_then(id)?;
    let running = |m: &&Machine| m.on && m.etcd == EtcdState::Running && id(m).as_ref() == Some(&own);
    world.talos.machines.values().find(running)?.disk.etcd.map(|data| data.cluster)
}

fn member_of(vmid: u32, machine: &Machine, learner: bool) -> Member {
    Member { vmid, hostname: machine.hostname(), address: machine.spec.address, learner }
}
