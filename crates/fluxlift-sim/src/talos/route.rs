//! Where machines answer.

use fluxlift_net::Authority;

use super::{KUBERNETES_PORT, PORT};
use crate::{Route, World};

/// Who answers at the Talos port of `host`. Nothing is there when the machine is off; a machine that boots refuses.
pub fn route(world: &World, host: &str) -> Route {
    let machine = host.parse().ok().and_then(|address| world.talos.at(address));
    match machine {
        None => Route::BlackHole,
        Some(vmid) if world.talos.machines.get(&vmid).is_some_and(super::Machine::answers) => Route::Talos(vmid),
        Some(_) => Route::Refused,
    }
}

/// Where machines answer, now or after a boot.
pub fn addresses(world: &World) -> Vec<Authority> {
    let at = |m: &super::Machine, port| Authority::new(m.spec.address.to_string(), port);
    let machines = world.talos.machines.values();
    machines
        .flat_map(|m| {
            let kubernetes = m.is_control_plane().then(|| at(m, KUBERNETES_PORT));
            [Some(at(m, PORT)), kubernetes].into_iter().flatten()
        })
        .collect()
}
