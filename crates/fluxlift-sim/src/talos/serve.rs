//! Serving a machine's API on one connection, for as long as the machine keeps it.

use std::collections::BTreeSet;

use fluxlift_net::Connection;

use super::dispatch::{self, Peer};
use super::tls;
use super::{ServerIdentity, TalosFault};
use crate::Datacenter;

/// Serves the machine `vmid` on `connection` until the client leaves or the machine breaks it off.
pub async fn connection(datacenter: Datacenter, vmid: u32, connection: Connection) {
    let Some(meeting) = datacenter.with(|world| Meeting::of(world, vmid)) else { return };
    let broken = broken(datacenter.clone(), vmid, meeting.connections);
    tokio::select! {
        biased;
        () = broken => {}
        () = meeting.serve(datacenter, vmid, connection) => {}
    }
}

/// What a machine is when a client connects.
struct Meeting {
    server: ServerIdentity,
    connections: u32,
    silent: bool,
}

impl Meeting {
    fn of(world: &mut crate::World, vmid: u32) -> Option<Self> {
        let machine = world.talos.machines.get(&vmid).filter(|m| m.on)?;
        let (server, connections) = (machine.server.clone()?, machine.connections);
        let address = machine.spec.address;
        let silent = world.talos.strikes(&TalosFault::Silence { address });
        Some(Self { server, connections, silent })
    }

    async fn serve(self, datacenter: Datacenter, vmid: u32, connection: Connection) {
        if self.silent {
            return std::future::pending().await;
        }
        let Some(acceptor) = tls::acceptor(&self.server, datacenter.clock()) else { return };
        // A client that is not believed learns it from the handshake.
        let Ok(stream) = acceptor.accept(connection).await else { return };
        let peer = match &self.server.client_ca {
            None => Peer::Anyone,
            Some(_) => {
                let certificates = stream.get_ref().1.peer_certificates();
                let roles = certificates.and_then(|c| c.first()).map(|leaf| tls::roles(leaf));
                Peer::Roles(roles.unwrap_or_else(BTreeSet::new))
            }
        };
        let world = datacenter.clone();
        crate::serve::http(&datacenter, Connection::new(stream), move |request| {
            let answer = world.with(|world| dispatch::answer(world, vmid, &peer, &request));
            async move {
                match answer.into_response() {
                    Some(response) => response,
                    // The connection is about to break; nothing is ever said.
                    None => std::future::pending().await,
                }
            }
        })
        .await;
    }
}

/// Resolves when the machine breaks its connections: it reboots, loses power, or a fault strikes.
async fn broken(datacenter: Datacenter, vmid: u32, connections: u32) {
    let mut changed = datacenter.changed();
    loop {
        let kept = datacenter
            .with(|world| world.talos.machines.get(&vmid).is_some_and(|m| m.on && m.connections == connections));
        if !kept {
            return;
        }
        changed.rung().await;
    }
}
