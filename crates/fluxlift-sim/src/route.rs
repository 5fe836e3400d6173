//! Which server answers at which address.

use fluxlift_net::Authority;

use crate::{World, git, proxmox};

/// Who answers a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Route {
    /// Nobody: the connection is refused.
    Refused,
    /// Packets vanish: the connection hangs until the client gives up.
    BlackHole,
    /// The Proxmox API.
    Proxmox,
    /// The Git server.
    Git,
}

impl World {
    /// Who answers at `to` right now.
    pub fn route(&self, to: &Authority) -> Route {
        match (to.host.as_str(), to.port) {
            (proxmox::HOST, proxmox::PORT) => Route::Proxmox,
            (git::HOST, git::PORT) => Route::Git,
            _ => Route::Refused,
        }
    }

    /// Every address at which the world may answer, now or later; what `sim` listens on.
    pub fn addresses(&self) -> Vec<Authority> {
        vec![Authority::new(proxmox::HOST, proxmox::PORT), Authority::new(git::HOST, git::PORT)]
    }
}
