//! What a machine's Talos does for Kubernetes: kubelet, API server, the shared address.

use std::net::SocketAddr;

use fluxlift_talos::MachineConfig;
use fluxlift_talos::yaml::Node;

use super::timing::{MANIFESTS, REGISTER};
use super::wake::{Next, after};
use super::{KUBERNETES_PORT, certificates, life};
use crate::World;
use crate::controllers::nodes;

/// The kubelet runs; it registers its node as soon as an API server answers.
pub(super) fn kubelet(world: &mut World, vmid: u32) {
    let now = world.now;
    let Some(machine) = world.talos.machines.get_mut(&vmid) else { return };
    machine.kubelet = true;
    machine.images.insert("kubelet".to_owned());
    machine.print(now, "[talos] service[kubelet](Running): Health check successful");
    life::settle_stage(world, vmid);
    if world.kube.endpoints().next().is_some() {
        after(world, vmid, REGISTER, Next::Register);
    }
}

/// The API server serves; whoever waited for one goes on.
pub(super) fn api_server(world: &mut World, vmid: u32) {
    let Some(config) = world.talos.machines.get(&vmid).and_then(super::Machine::config) else { return };
    let Some(pki) = certificates::kubernetes(world, &config) else { return };
    let (now, first) = (world.now, world.kube.endpoints().next().is_none());
    let Some(machine) = world.talos.machines.get_mut(&vmid) else { return };
    machine.api_server = true;
    machine.images.insert("kube-apiserver".to_owned());
    let own = machine.kubernetes_endpoint();
    let shared = shared_address(&config).filter(|_| shared_is_up(world));
    if let Some(version) = image_version(&config) {
        world.kube.version = version;
    }
    world.kube.start(pki, [own].into_iter().chain(shared), now);
    world.changes += 1;
    if first {
        after(world, vmid, MANIFESTS, Next::Manifests);
    }
    let waiting: Vec<u32> =
        world.talos.machines.iter().filter(|(_, m)| m.on && m.kubelet && !m.joined).map(|(vmid, _)| *vmid).collect();
    for other in waiting {
        after(world, other, REGISTER, Next::Register);
    }
}

/// A control plane with a vote holds the shared address from now on; behind it answers whoever serves.
pub(super) fn vip(world: &mut World, vmid: u32) {
    let Some(config) = world.talos.machines.get(&vmid).and_then(super::Machine::config) else { return };
    let Some(shared) = shared_address(&config) else { return };
    world.talos.shared.insert(shared);
    let serving = world.talos.machines.values().any(|m| m.api_server);
    if serving && let Some(pki) = world.kube.pki().cloned() {
        world.kube.start(pki, [shared], world.now);
        world.changes += 1;
    }
}

fn shared_is_up(world: &World) -> bool {
    !world.talos.shared.is_empty()
}

/// The node registers, if it has not yet.
pub(super) fn register(world: &mut World, vmid: u32) {
    let Some(machine) = world.talos.machines.get_mut(&vmid) else { return };
    if machine.joined || !machine.kubelet {
        return;
    }
    machine.joined = true;
    let (name, address) = (machine.hostname(), machine.spec.address);
    let roles: &[&str] = if machine.is_control_plane() { &["control-plane"] } else { &[] };
    nodes::join(world, &name, address, roles);
}

/// Stops what a machine does for Kubernetes.
pub(super) fn stop(world: &mut World, vmid: u32) {
    let Some(machine) = world.talos.machines.get_mut(&vmid) else { return };
    let (served, joined) = (std::mem::take(&mut machine.api_server), std::mem::take(&mut machine.joined));
    let (endpoint, name) = (machine.kubernetes_endpoint(), machine.hostname());
    if served {
        world.kube.stop(&endpoint);
        if !world.talos.machines.values().any(|m| m.api_server) {
            for shared in std::mem::take(&mut world.talos.shared) {
                world.kube.stop(&shared);
            }
        }
    }
    if joined {
        nodes::leave(world, &name);
    }
}

/// The Kubernetes version of the API server's image.
fn image_version(config: &MachineConfig) -> Option<String> {
    let image = config.text(&["cluster", "apiServer", "image"])?;
    image.rsplit_once(':').map(|(_, tag)| tag.to_owned())
}

/// Where the configuration's VIP answers.
fn shared_address(config: &MachineConfig) -> Option<SocketAddr> {
    let interfaces = config.main()?.at(&["machine", "network", "interfaces"])?.as_list()?;
    let vip = interfaces.iter().find_map(|i: &Node| i.text(&["vip", "ip"]))?;
    Some(SocketAddr::new(vip.parse().ok()?, KUBERNETES_PORT))
}

/// The host of the cluster's endpoint.
pub(super) fn endpoint_host(config: &MachineConfig) -> Option<String> {
    let endpoint = config.text(&["cluster", "controlPlane", "endpoint"])?;
    let uri: http::Uri = endpoint.parse().ok()?;
    uri.host().map(|host| host.trim_matches(['[', ']']).to_owned())
}
