//! Which server answers at which address.

use std::net::SocketAddr;

use fluxlift_net::Authority;

use crate::{World, git, proxmox, registry, talos};

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
    /// The Talos API of the machine with this number.
    Talos(u32),
    /// The Git server.
    Git,
    /// The chart registry.
    Registry,
    /// The Kubernetes API server at this endpoint.
    Kube(SocketAddr),
}

impl World {
    /// Who answers at `to` right now.
    pub fn route(&self, to: &Authority) -> Route {
        match (to.host.as_str(), to.port) {
            (proxmox::HOST, proxmox::PORT) => Route::Proxmox,
            (git::HOST, git::PORT) => Route::Git,
            (registry::HOST, registry::PORT) => Route::Registry,
            (host, talos::PORT) => talos::route(self, host),
            (host, port) => match host.parse().map(|ip| SocketAddr::new(ip, port)) {
                Ok(endpoint) if self.kube.serves(&endpoint) => Route::Kube(endpoint),
                _ => Route::Refused,
            },
        }
    }

    /// Every address at which the world may answer, now or later; what `sim` listens on.
    pub fn addresses(&self) -> Vec<Authority> {
        let mut all = vec![
            Authority::new(proxmox::HOST, proxmox::PORT),
            Authority::new(git::HOST, git::PORT),
            Authority::new(registry::HOST, registry::PORT),
        ];
        all.extend(self.kube.endpoints().map(|endpoint| Authority::new(endpoint.ip().to_string(), endpoint.port())));
        all.extend(talos::addresses(self));
        all.sort();
        all.dedup();
        all
    }
}
