//! A machine's life: power, boot, maintenance, installation, services.

use fluxlift_talos::client::Fingerprint;
use fluxlift_talos::proto::resource::Stage;

use super::machine::{EtcdState, Machine};
use super::timing::{BOOT, CRI, INSTALL, KUBELET, KUBELET_AGAIN, MAINTENANCE, TIME_SYNC, TRUST};
use super::wake::{Next, after};
use super::{certificates, etcd, kubernetes};
use crate::World;
use crate::machine::Power;

/// What a hypervisor does to a machine reaches its Talos.
pub fn power(world: &mut World, event: &Power) {
    match event {
        Power::On(spec) => {
            let now = world.now;
            let machine = world.talos.machines.entry(spec.vmid).or_insert_with(|| Machine::new(spec.clone(), now));
            machine.spec = spec.clone();
            machine.on = true;
            boot(world, spec.vmid);
        }
        Power::Off { vmid } => {
            go_dark(world, *vmid);
            if let Some(machine) = world.talos.machines.get_mut(vmid) {
                machine.on = false;
                machine.stage = Stage::Unknown;
            }
        }
        Power::Destroyed { vmid } => {
            go_dark(world, *vmid);
            world.talos.machines.remove(vmid);
        }
    }
}

/// Ends everything that runs on a machine: its connections break, its services stop, its wakes are void.
pub(super) fn go_dark(world: &mut World, vmid: u32) {
    kubernetes::stop(world, vmid);
    world.changes += 1;
    if let Some(machine) = world.talos.machines.get_mut(&vmid) {
        machine.boot += 1;
        machine.connections += 1;
        machine.server = None;
        machine.busy = false;
        (machine.cri, machine.time_synced) = (false, false);
        (machine.kubelet, machine.joined, machine.api_server) = (false, false, false);
        machine.etcd = EtcdState::Preparing;
    }
}

/// Starts a machine from its disk.
pub(super) fn boot(world: &mut World, vmid: u32) {
    go_dark(world, vmid);
    let now = world.now;
    let Some(machine) = world.talos.machines.get_mut(&vmid) else { return };
    machine.stage = Stage::Booting;
    let version = machine.spec.talos_version.clone();
    machine.print(now, format!("[talos] booting {version}"));
    if machine.disk.config.is_some() {
        after(world, vmid, BOOT, Next::Api);
    } else {
        after(world, vmid, MAINTENANCE, Next::Maintenance);
    }
}

/// Opens the API to whoever comes, and prints how to know it.
pub(super) fn maintenance(world: &mut World, vmid: u32) {
    let Some((server, fingerprint)) = certificates::throwaway(world, vmid) else { return };
    let now = world.now;
    if let Some(machine) = world.talos.machines.get_mut(&vmid) {
        machine.server = Some(server);
        machine.stage = Stage::Maintenance;
        announce(machine, now, fingerprint);
    }
    world.changes += 1;
}

fn announce(machine: &mut Machine, now: fluxlift_core::Timestamp, fingerprint: Fingerprint) {
    let address = machine.spec.address;
    machine.print(now, "[talos] this machine is reachable at:");
    machine.print(now, format!("[talos] \t{address}"));
    machine.print(now, format!("[talos] server certificate issued, fingerprint {fingerprint}"));
}

/// Opens the API under the cluster's own authority, and starts the services.
pub(super) fn api(world: &mut World, vmid: u32) {
    let Some(server) = certificates::machine(world, vmid) else {
        // A worker asks the control planes for its certificate until one of them answers.
        after(world, vmid, TRUST, Next::Api);
        return;
    };
    let now = world.now;
    let Some(machine) = world.talos.machines.get_mut(&vmid) else { return };
    machine.server = Some(server);
    machine.print(now, "[talos] service[apid](Running): Started task apid");
    let again = machine.images.contains("kubelet");
    world.changes += 1;
    after(world, vmid, CRI, Next::Cri);
    after(world, vmid, TIME_SYNC, Next::TimeSync);
    after(world, vmid, if again { KUBELET_AGAIN } else { KUBELET }, Next::Kubelet);
}

pub(super) fn cri(world: &mut World, vmid: u32) {
    let now = world.now;
    let Some(machine) = world.talos.machines.get_mut(&vmid) else { return };
    machine.cri = true;
    machine.print(now, "[talos] service[cri](Running): Health check successful");
    if machine.is_control_plane() {
        etcd::wait(world, vmid);
    }
}

pub(super) fn time_sync(world: &mut World, vmid: u32) {
    let now = world.now;
    if let Some(machine) = world.talos.machines.get_mut(&vmid) {
        machine.time_synced = true;
        machine.print(now, "[talos] adjusting time: in sync");
    }
}

/// Ends the connections and writes Talos to the disk.
pub(super) fn install(world: &mut World, vmid: u32) {
    go_dark(world, vmid);
    let now = world.now;
    if let Some(machine) = world.talos.machines.get_mut(&vmid) {
        machine.stage = Stage::Installing;
        machine.busy = true;
        let image = machine.config().and_then(|c| c.text(&["machine", "install", "image"]).map(str::to_owned));
        machine.print(now, format!("[talos] installing from {}", image.unwrap_or_default()));
    }
    after(world, vmid, INSTALL, Next::Installed);
}

pub(super) fn installed(world: &mut World, vmid: u32) {
    if let Some(machine) = world.talos.machines.get_mut(&vmid) {
        machine.disk.installed = true;
        machine.stage = Stage::Rebooting;
    }
    boot(world, vmid);
}

/// Forgets everything and starts anew.
pub(super) fn wiped(world: &mut World, vmid: u32) {
    if let Some(machine) = world.talos.machines.get_mut(&vmid) {
        machine.disk.config = None;
        machine.disk.etcd = None;
        machine.images.clear();
    }
    boot(world, vmid);
}

/// What a machine is doing: a control plane boots until etcd and its kubelet run.
pub(super) fn settle_stage(world: &mut World, vmid: u32) {
    let now = world.now;
    let Some(machine) = world.talos.machines.get_mut(&vmid) else { return };
    let etcd = !machine.is_control_plane() || machine.etcd == EtcdState::Running;
    if machine.stage == Stage::Booting && machine.kubelet && etcd {
        machine.stage = Stage::Running;
        machine.print(now, "[talos] machine is running and ready");
        world.changes += 1;
    }
}
